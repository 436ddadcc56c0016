import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes what protobuf descriptors say, one fact a line, in the same words for Hadoop's classes and for descriptor sets.
 * Arguments are pairs: "class NAME OUT" or "set FILE OUT"; a class brings the files it imports along.
 * For Hadoop 3, whose protobuf lives in a package of its own, the imports are rewritten before compiling.
 */
public final class DumpDescriptors {
  private DumpDescriptors() {}

  public static void main(String[] args) throws Exception {
    for (int i = 0; i + 2 < args.length; i += 3) {
      Map<String, FileDescriptor> files = new LinkedHashMap<>();
      if (args[i].equals("class")) {
        for (String name : args[i + 1].split(",")) {
          add((FileDescriptor) Class.forName(name).getMethod("getDescriptor").invoke(null), files);
        }
      } else if (args[i].equals("set")) {
        files = load(Path.of(args[i + 1]));
      } else {
        throw new IllegalArgumentException(args[i]);
      }
      try (PrintStream out = new PrintStream(args[i + 2], "UTF-8")) {
        files.values().forEach(file -> dump(file, out));
      }
    }
  }

  private static void add(FileDescriptor file, Map<String, FileDescriptor> files) {
    if (files.putIfAbsent(file.getName(), file) == null) {
      file.getDependencies().forEach(dependency -> add(dependency, files));
    }
  }

  /** protoc writes a set with imports in an order in which every file follows what it imports. */
  private static Map<String, FileDescriptor> load(Path path) throws IOException, DescriptorValidationException {
    Map<String, FileDescriptor> files = new LinkedHashMap<>();
    for (FileDescriptorProto proto : FileDescriptorSet.parseFrom(Files.readAllBytes(path)).getFileList()) {
      FileDescriptor[] imports = proto.getDependencyList().stream().map(files::get).toArray(FileDescriptor[]::new);
      files.put(proto.getName(), FileDescriptor.buildFrom(proto, imports));
    }
    return new HashMap<>(files);
  }

  private static void dump(FileDescriptor file, PrintStream out) {
    file.getEnumTypes().forEach(type -> dump(type, out));
    file.getMessageTypes().forEach(type -> dump(type, out));
  }

  private static void dump(EnumDescriptor type, PrintStream out) {
    for (EnumValueDescriptor value : type.getValues()) {
      out.println("enum " + type.getFullName() + " " + value.getName() + " = " + value.getNumber());
    }
  }

  private static void dump(Descriptor type, PrintStream out) {
    out.println("message " + type.getFullName());
    type.getEnumTypes().forEach(inner -> dump(inner, out));
    type.getNestedTypes().forEach(inner -> dump(inner, out));
    for (FieldDescriptor field : type.getFields()) {
      out.println("field " + type.getFullName() + " " + field.getName() + " = " + field.getNumber() + " "
          + label(field) + " " + typeName(field) + (field.isPacked() ? " packed" : "")
          + (field.hasDefaultValue() ? " default " + defaultValue(field) : ""));
    }
  }

  private static String label(FieldDescriptor field) {
    return field.isRequired() ? "required" : field.isRepeated() ? "repeated" : "optional";
  }

  private static String typeName(FieldDescriptor field) {
    switch (field.getJavaType()) {
      case MESSAGE:
        return field.getMessageType().getFullName();
      case ENUM:
        return field.getEnumType().getFullName();
      default:
        return field.getType().name().toLowerCase();
    }
  }

  private static String defaultValue(FieldDescriptor field) {
    Object value = field.getDefaultValue();
    return value instanceof EnumValueDescriptor ? ((EnumValueDescriptor) value).getName() : value.toString();
  }
}
