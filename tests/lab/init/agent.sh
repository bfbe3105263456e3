#!/bin/sh
# What systemd does for the agent on a real node: starts it at boot and again when it ends.
# run | start | stop | kill | restart
set -eu
pid_file=/run/lab/agent.pid off=/run/lab/agent.off

run() {
  # it must outlive whatever goes wrong on its host, as a full disk that takes no line of its log
  set +e
  while :; do
    if [ -e /etc/clusterdeck/node-agent.yaml ] && [ ! -e "$off" ]; then
      # a test may set the clock or the environment of the whole host here
      [ ! -e /etc/lab-environment ] || . /etc/lab-environment
      node-agent start --foreground >>/var/log/node-agent.log 2>&1 &
      echo $! >"$pid_file"
      if wait $!; then
        # as the unit's Restart=on-failure: who ends in order stays away until it is started
        touch "$off"
      else
        echo "$(date -u +%FT%TZ) the agent ended with $?" >>/var/log/node-agent.log 2>/dev/null
      fi
      rm -f "$pid_file"
    fi
    sleep 0.2
  done
}

# sends a signal to the agent, if it runs, and returns when that process is gone
end() {
  pid=$(cat "$pid_file" 2>/dev/null) || return 0
  kill "-$1" "$pid" 2>/dev/null || return 0
  while [ "$(cat "$pid_file" 2>/dev/null)" = "$pid" ]; do sleep 0.05; done
}

case $1 in
  run) run ;;
  start) rm -f "$off" ;;
  stop) touch "$off" && end TERM ;;
  kill) end KILL ;;
  restart) end TERM && rm -f "$off" ;;
  *) echo "lab-agent run|start|stop|kill|restart" >&2 && exit 2 ;;
esac
