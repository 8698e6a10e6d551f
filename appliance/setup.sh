#!/usr/bin/env bash
# Turns a bare Debian or Raspberry Pi OS machine with Node >= 20 and npm into one that can run, test and demonstrate Vọng Gác:
# system packages, the npm packages of package-lock.json, and the one native addon, built for the pinned Node.
# Does nothing, quickly, when all of that is there. Starts no service and configures nothing.
set -euo pipefail

# Debian keeps some programs out of an ordinary user's path.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# program or header -> the Debian package that brings it
wanted=(
  c++=g++ make=make python3=python3 /usr/include/pcap/pcap.h=libpcap-dev
  mosquitto=mosquitto tcpdump=tcpdump tcpreplay=tcpreplay ip=iproute2 ethtool=ethtool sysctl=procps
  openssl=openssl perl=perl flock=util-linux setpriv=util-linux
  /usr/lib/postgresql=postgresql
  avr-gcc=gcc-avr /usr/lib/avr/include/avr/io.h=avr-libc
  openscad=openscad admesh=admesh Xvfb=xvfb xauth=xauth
  rsvg-convert=librsvg2-bin pdftotext=poppler-utils /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core
)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Runs a command quietly; its output is shown only when it fails.
quietly() {
  local output status=0
  output=$(mktemp)
  "$@" >"$output" 2>&1 </dev/null || status=$?
  [ "$status" -eq 0 ] || tail -n 40 "$output" >&2
  rm -f "$output"
  return "$status"
}

missing_packages() {
  local pair
  for pair in "${wanted[@]}"; do
    case "$pair" in
      /*) [ -e "${pair%%=*}" ] || echo "${pair##*=}" ;;
      *) command -v "${pair%%=*}" >/dev/null || echo "${pair##*=}" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif [ "$somebody_there" = yes ]; then sudo "$@"
  else sudo -n "$@" # nobody is there to type a password: fail at once rather than wait for one
  fi
}

apt() {
  # A fresh machine may be updating itself: wait for that instead of failing.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# Debian starts mosquitto and postgresql as soon as they are installed. Nothing here needs those: ours are started on free ports.
stop_debian_service() {
  if [ -d /run/systemd/system ]; then
    quietly as_root systemctl disable --now "$1" || say "could not stop the $1 service; it listens on 127.0.0.1"
  elif [ -x "/etc/init.d/$1" ]; then
    as_root "/etc/init.d/$1" stop >/dev/null 2>&1 || true # not running is as good
  fi
}

install_system_packages() {
  local packages
  packages=$(missing_packages | tr '\n' ' ')
  packages=${packages% }
  [ -n "$packages" ] || return 0
  command -v apt-get >/dev/null ||
    fail "no apt here; please install what brings: $packages (names of Debian packages), then run this again"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    fail "please run as root: apt-get install $packages (there is no sudo here)"
  say "installing with apt: $packages"
  # The lists are refreshed only where they are missing or too old to find these packages.
  # shellcheck disable=SC2086
  if ! { compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && quietly_try apt install -y --no-install-recommends $packages; }; then
    say 'refreshing the package lists first'
    quietly apt update || fail 'apt-get update failed (above)'
    quietly apt install -y --no-install-recommends $packages || fail "apt-get install $packages failed (above)"
  fi
  local service
  for service in mosquitto postgresql; do
    case " $packages " in *" $service "*) stop_debian_service "$service" ;; esac
  done
  packages=$(missing_packages | tr '\n' ' ')
  [ -z "$packages" ] || fail "still missing after the installation: $packages"
}

quietly_try() { "$@" >/dev/null 2>&1 </dev/null; }

check_node() {
  local version
  command -v node >/dev/null && command -v npm >/dev/null || fail 'Node.js (20 or newer) and npm are needed; Debian: apt-get install nodejs npm'
  version=$(node --version)
  version=${version#v}
  [ "${version%%.*}" -ge 20 ] || fail "Node.js 20 or newer is needed, this is $version"
}

# The path without node_modules/.bin: `npm ci` removes that folder, so it must not run on the Node inside it.
machine_path() {
  local entry result=''
  local IFS=:
  for entry in $PATH; do
    case "$entry" in */node_modules/.bin | */node-gyp-bin) ;; *) result="$result${result:+:}$entry" ;; esac
  done
  printf '%s' "$result"
}

# True when node_modules holds just what package-lock.json says (npm keeps its own record of what it installed; a folder may be gone all the same).
modules_match_lock() {
  [ -f node_modules/.package-lock.json ] || return 1
  node -e '
    const read = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
    const wanted = read("package-lock.json"), found = read("node_modules/.package-lock.json");
    for (const [path, entry] of Object.entries(wanted))
      if (path !== "" && (path in found ? found[path].version !== entry.version || !require("fs").existsSync(path) : !entry.optional)) process.exit(1);
    for (const path of Object.keys(found)) if (!(path in wanted)) process.exit(1);
  '
}

install_modules() {
  modules_match_lock && return 0
  say 'installing the npm packages of package-lock.json (npm ci)'
  # The pinned Node satisfies every package; the machine's own may not: its engine warnings would only mislead. The development
  # packages are wanted whatever NODE_ENV says: they hold the type checker and the test runner.
  PATH=$(machine_path) NODE_ENV='' quietly npm ci --ignore-scripts --include=dev --include=optional --engine-strict=false --no-audit --no-fund --loglevel=error ||
    fail 'npm ci failed (above)'
}

pinned_node() {
  local architecture
  for architecture in x64 arm64; do
    [ ! -x "node_modules/node-linux-$architecture/bin/node" ] || { echo "node_modules/node-linux-$architecture"; return 0; }
  done
  return 1
}

# node_modules/.bin/node is what npm scripts run. npm links it; where a file system has no links, say so rather than run another Node.
check_pinned_node() {
  local folder
  folder=$(pinned_node) ||
    fail "the pinned Node exists for Linux on x64 and arm64 only; this machine's Node says $(node -p 'process.platform + " " + process.arch')"
  quietly "$folder/bin/node" --version || fail "the pinned Node does not run on this machine (above)"
  [ -x node_modules/.bin/node ] || fail 'node_modules/.bin/node is missing; remove node_modules and run this again'
}

addon_loads() { quietly_try node_modules/.bin/node -e 'require("pcap")'; }

build_addon() {
  local folder
  addon_loads && return 0
  folder=$(pinned_node)
  say 'building the packet capture addon (pcap)'
  # The headers are in the pinned Node's own package, so node-gyp downloads nothing.
  PATH="$PWD/node_modules/.bin:$PATH" npm_config_nodedir="$PWD/$folder" \
    quietly npm rebuild pcap --ignore-scripts=false --engine-strict=false --loglevel=error --foreground-scripts ||
    fail 'npm rebuild pcap failed (above)'
  addon_loads || fail 'the pcap addon was built but does not load; try: node_modules/.bin/node -e "require(\"pcap\")"'
}

# What the stamp vouches for: this lock file, this script, this machine's architecture and the pinned Node.
fingerprint() {
  { uname -m; cat node_modules/node-linux-*/package.json; cat package-lock.json appliance/setup.sh; } 2>/dev/null | sha256sum
}

is_done() {
  [ -f "$stamp" ] && [ -x node_modules/.bin/node ] && [ -e node_modules/pcap/build/Release/pcap_binding.node ] &&
    [ "$(cat "$stamp")" = "$(fingerprint)" ] && [ -z "$(missing_packages)" ]
}

# One function, so that bash has read all of it before npm replaces files around it.
main() {
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  stamp=node_modules/.vonggac-setup
  somebody_there=no
  [ ! -t 0 ] || somebody_there=yes
  is_done && return 0
  check_node
  install_system_packages
  # Two at once (npm start and npm test, say) take turns, and the second finds the work done.
  exec 9<appliance/setup.sh
  flock 9
  is_done && return 0
  install_modules
  check_pinned_node
  build_addon
  fingerprint >"$stamp"
  say 'ready'
}

main "$@"
exit
