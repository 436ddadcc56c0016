# Functions that the scripts share; sourced, not run.  The working directory is the repository.

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Names of the packages of a list that are not installed.
missing_packages() {
  local wanted
  wanted=$(grep -v '^#' "$1")
  # dpkg-query fails for unknown names and still prints the known ones.
  comm -23 <(sort -u <<<"$wanted") \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
}

# Installs what is missing of a list, or of scripts/lib/packages; asks apt for nothing when everything is there.
install_packages() {
  local missing
  missing=$(missing_packages "${1:-scripts/lib/packages}")
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || die "these packages are missing and only root can install them:" $missing
  echo "installing:" $missing
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q || die "apt-get update failed"
  apt-get install -y -q --no-install-recommends $missing || die "apt-get install failed"
}

# Configures build/ once, with ccache in front of the compiler.
configure_build() {
  local directory=$1
  shift
  [ -f "$directory/build.ninja" ] && return 0
  CXX=${CXX:-ccache g++} meson setup "$directory" "$@" || die "meson setup failed"
}

# The path of a program that the build in a directory made.
built_program() {
  [ -x "$1/$2" ] || die "the build made no $2"
  realpath "$1/$2"
}
