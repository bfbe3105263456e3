/** Where the package puts the node agent, and what it reads. */
export const NODE_AGENT_PATHS = {
  unit: 'clusterdeck-node-agent.service',
  program: '/usr/bin/node-agent',
  config: '/etc/clusterdeck/node-agent.yaml',
  enrolment: '/etc/clusterdeck/enrolment.yaml',
} as const;

/** Stopped before all others of a node, it hands over what the node does; off unless switched on. */
export const NODE_LEAVE_UNIT = 'clusterdeck-leave.service';

/**
 * The agent's unit for systemd. It runs as root, since it writes the configuration of SLURM, munge and
 * k3s and starts their daemons, each as a unit of its own; so nothing of the agent's own hardening
 * holds them back.
 */
export const NODE_AGENT_UNIT = `[Unit]
Description=Clusterdeck node agent
Documentation=file:///usr/share/doc/clusterdeck-node-agent/README.md
Wants=network-online.target
After=network-online.target time-sync.target tailscaled.service
ConditionPathExists=${NODE_AGENT_PATHS.enrolment}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${NODE_AGENT_PATHS.program} start --foreground
ExecReload=/bin/kill -HUP $MAINPID
# an agent that was told to stop stays stopped
Restart=on-failure
RestartSec=5
TimeoutStartSec=5min
TimeoutStopSec=30
WatchdogSec=60
StateDirectory=clusterdeck
StateDirectoryMode=0700
# the environments of the daemons lie there, which run on when the agent stops
RuntimeDirectory=clusterdeck
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
LogsDirectory=clusterdeck
LogsDirectoryMode=0700
UMask=0077

NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/etc /run /var
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
# a SLURM controller that ends lends its socket, so that nobody who calls meanwhile is refused
SystemCallFilter=pidfd_open pidfd_getfd
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID CAP_SYS_PTRACE

[Install]
WantedBy=multi-user.target
`;
