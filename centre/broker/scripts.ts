/** The programs by which the broker is started and made to read its files anew. In bash, because every Debian has it. */
import { join } from 'node:path';
import { type BrokerLayout, logFileName, logSocketName, pidFileName, placedFiles, writtenClaimsFiles, writtenFiles } from './layout.ts';

const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** By systemd it is started as its user; by hand, as root, it becomes that user first, else what it writes would be root's. */
const asUser = (user: string, script: string) =>
  `[ "$(id -u)" != 0 ] || [ "$(id -u ${user})" = 0 ] || exec setpriv --reuid ${user} --regid ${user} --init-groups -- ${script}`;

export function startScript({ folder, logFolder, stateFolder, user }: BrokerLayout): string {
  return `# Starts the broker. Its standard error goes through the filter; what is left comes out here and stands in
# ${join(logFolder, logFileName)}.
set -eu
export PATH=${programPath}
${asUser(user, join(folder, writtenFiles.start))}
export OPENSSL_CONF=${join(folder, writtenFiles.tls)}
log=${join(logFolder, logFileName)}
database=${join(stateFolder, 'mosquitto.db')}
# A damaged database keeps Mosquitto from starting, each time anew. Whatever it held that matters comes again from those who sent it, so it
# gives way when the last start ended at it.
if [ -e "$database" ] && tail -n 1 "$log" 2>/dev/null | grep -q "Error: Couldn't open database"; then
  echo "start-broker: the database cannot be read; it is now $database.damaged, and a new one is begun" >&2
  mv -f "$database" "$database.damaged"
fi
filter=(perl ${join(folder, writtenFiles.logFilter)} "$log" ${join(stateFolder, logSocketName)})
# Mosquitto itself writes its process id only where it goes into the background.
echo $$ > ${join(stateFolder, pidFileName)}
# The broker takes the place of this shell, so that signals reach it; the filter ends at the end of what it reads.
exec mosquitto -c ${join(folder, writtenFiles.configuration)} 2> >(exec "\${filter[@]}")
`;
}

/** What is checked is what Mosquitto 2.0.11 was seen to get wrong. */
export function reloadScript({ folder, stateFolder }: BrokerLayout): string {
  return `# Makes the broker (its process id may be the argument) read its access files, certificates and lists of revoked certificates anew. Never send it
# SIGHUP by hand: where a list cannot be read, Mosquitto goes on without it and lets the revoked in again; where an access file cannot be
# read, everybody may do everything. Here both are refused, and all stays as it was. (A start with such files fails, which is safe.)
set -eu
export PATH=${programPath}
cd ${folder}

refuse() { echo "reload-broker: $1; nothing was changed" >&2; exit 1; }

check_list() { # of revoked certificates, and the authority that it must be of
  # Only what it prints tells whether the signature is right.
  openssl crl -in "$1" -CAfile "$2" -noout 2>&1 | grep -q '^verify OK' || refuse "$1 is no list of revoked certificates signed by $2"
  local end
  end=$(openssl crl -in "$1" -noout -nextupdate)
  end=\${end#nextUpdate=}
  [ "$end" = NONE ] || [ "$(date -d "$end" +%s)" -gt "$(date +%s)" ] || refuse "$1 has ended ($end): every client would be refused"
}

check_access() {
  [ -s "$1" ] || refuse "$1 is missing or empty"
  local wrong
  wrong=$(grep -nvE '^[[:space:]]*$|^#|^user [^ ]+$|^(topic|pattern) (read|write|readwrite|deny) [^ ]+$' "$1" | head -n 1) || true
  [ -z "$wrong" ] || refuse "$1, line $wrong: not understood"
}

check_list ${placedFiles.boxesRevoked} ${placedFiles.boxesAuthority}
check_list ${placedFiles.servicesRevoked} ${placedFiles.servicesAuthority}
for file in ${writtenFiles.boxesAccess} ${writtenFiles.servicesAccess} ${writtenFiles.logFilterAccess}; do check_access "$file"; done
[ "$(openssl x509 -in ${placedFiles.certificate} -noout -pubkey)" = "$(openssl pkey -in ${placedFiles.key} -pubout)" ] ||
  refuse '${placedFiles.certificate} and ${placedFiles.key} do not belong together'
broker=\${1:-}
if [ -z "$broker" ]; then
  broker=$(head -c 20 ${join(stateFolder, pidFileName)} 2>/dev/null) || refuse 'the broker does not run here, or may not be reached by this user'
  # The file may be older than the machine's last start, and its number somebody else's.
  [[ $broker =~ ^[0-9]+$ ]] && [ "$(cat "/proc/$broker/comm" 2>/dev/null)" = mosquitto ] || refuse 'the broker does not run'
fi
kill -HUP "$broker"
`;
}

/** It keeps nothing, so it is started anew where it should read its files anew. */
export function startClaimsScript({ folder, user }: BrokerLayout): string {
  return `# Starts the broker for claims.
set -eu
export PATH=${programPath}
${asUser(user, join(folder, writtenClaimsFiles.start))}
export OPENSSL_CONF=${join(folder, writtenFiles.tls)}
exec mosquitto -c ${join(folder, writtenClaimsFiles.configuration)}
`;
}
