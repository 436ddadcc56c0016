"""placeholder"""
class JavaClient:
    alive = False
