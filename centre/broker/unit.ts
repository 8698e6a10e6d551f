/** The systemd unit of the broker. It may read its configuration, write its state and its log, and talk by TCP; that is all. */
import { join } from 'node:path';
import { claimsMemoryBytesMax, claimsOpenFilesMax } from './claims-conf.ts';
import { type BrokerLayout, writtenClaimsFiles, writtenFiles } from './layout.ts';
import { memoryBytesMax, openFilesMax } from './mosquitto-conf.ts';

/** With OpenSSL's part of every connection, what the allocator cannot give back, the filter, and files that were read. */
const unitMemoryFactor = 4;

/** systemd makes a folder below these, for the unit's user alone; any other must be there. */
function folderLines(layout: BrokerLayout): string[] {
  const made = [
    { path: layout.stateFolder, parent: '/var/lib/', option: 'StateDirectory', mode: '0700' },
    { path: layout.logFolder, parent: '/var/log/', option: 'LogsDirectory', mode: '0750' },
  ];
  return made.flatMap(({ path, parent, option, mode }) =>
    path.startsWith(parent) ? [`${option}=${path.slice(parent.length)}`, `${option}Mode=${mode}`] : [`ReadWritePaths=${path}`],
  );
}

/** What neither Mosquitto nor the filter nor the scripts need; every system call that they made was looked at against the last lines. */
const sandbox = `ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateUsers=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM`;

export function brokerUnit(layout: BrokerLayout): string {
  return `[Unit]
Description=Vọng Gác: message broker of the centre
Documentation=file:${join(layout.folder, writtenFiles.readme)}
Wants=network-online.target
After=network-online.target
# Whatever ends it, it is tried again.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${join(layout.folder, writtenFiles.start)}
# Reads access files, certificates and lists of revoked certificates anew, if they are sound; no connection ends.
ExecReload=${join(layout.folder, writtenFiles.reload)} $MAINPID
User=${layout.user}
Group=${layout.user}
UMask=0027
Restart=always
RestartSec=1
# It saves its database as it ends.
TimeoutStopSec=60
KillMode=mixed

# ${openFilesMax} sockets and files; four times the memory that the broker grants itself; a handful of processes.
LimitNOFILE=${openFilesMax}
LimitCORE=0
MemoryMax=${unitMemoryFactor * memoryBytesMax}
TasksMax=16
OOMScoreAdjust=-500

${folderLines(layout).join('\n')}
ReadOnlyPaths=${layout.folder}
${sandbox}

[Install]
WantedBy=multi-user.target
`;
}

/** Strangers talk to this one, so it may even less: it writes nothing at all. */
export function claimsUnit(layout: BrokerLayout): string {
  return `[Unit]
Description=Vọng Gác: broker for the claims of new boxes
Documentation=file:${join(layout.folder, writtenFiles.readme)}
Wants=network-online.target
After=network-online.target ${writtenFiles.unit}
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${join(layout.folder, writtenClaimsFiles.start)}
User=${layout.user}
Group=${layout.user}
UMask=0027
Restart=always
RestartSec=1

LimitNOFILE=${claimsOpenFilesMax}
LimitCORE=0
MemoryMax=${unitMemoryFactor * claimsMemoryBytesMax}
TasksMax=8

ReadOnlyPaths=${layout.folder}
${sandbox}

[Install]
WantedBy=multi-user.target
`;
}
