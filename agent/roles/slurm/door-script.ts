/**
 * Perl, which every Debian has, because Node cannot make these system calls. It lends itself the
 * listening sockets of whoever listens at a port (pidfd_open, pidfd_getfd) and has the kernel drop
 * what asks them for a new connection: a socket filter that refuses SYN and nothing else, so that
 * connections that are being made or stand are not touched. No firewall is involved. The socket is
 * handed to the agent as one Node program hands it to another (SCM_RIGHTS), so that it outlives the one
 * who listened: from his end on whoever calls waits in its queue.
 *
 * `PORT shut SENDMSG PID`: shuts, says so at file 3, and opens again when the one who listened has closed
 * it, when its input ends, or after two minutes. SENDMSG is the number of that system call; 0: unknown.
 * Of PID's sockets only, where it is not 0: whoever else listens there is none of ours.
 * `PORT open`: opens what one that was killed left shut.
 */
export const DOOR_SCRIPT = String.raw`
use strict; use warnings;
my ($port, $wish, $SENDMSG, $pid) = (sprintf('%04X', $ARGV[0]), @ARGV[1 .. 3]);
my ($PIDFD_OPEN, $PIDFD_GETFD, $SOL_SOCKET, $ATTACH, $DETACH) = (434, 438, 1, 26, 27);

my ($F_GETFL, $F_SETFL, $O_NONBLOCK) = (3, 4, 04000);

my %listening;
for my $table ('/proc/net/tcp', '/proc/net/tcp6') {
  open my $rows, '<', $table or next;
  while (<$rows>) {
    my @cells = split;
    next if @cells < 10 || $cells[3] ne '0A' || $cells[1] !~ /:$port$/;
    $listening{"socket:[$cells[9]]"} = 1;
  }
}
my (@doors, %found);
my $whose = $pid || '[0-9]*';
for my $link (glob "/proc/$whose/fd/[0-9]*") {
  my $socket = readlink $link;
  push @doors, [$link, $socket] if defined $socket && $listening{$socket} && !$found{$socket}++;
}

# unsigned short, two bytes, unsigned: code, jumps, value of each instruction
my $filter = join '', map { pack 'SCCL', @$_ }
  [0x30, 0, 0, 13],          # the flags of the TCP header
  [0x45, 0, 1, 0x02],        # with SYN
  [0x06, 0, 0, 0],           # drop it
  [0x06, 0, 0, 0xffffffff];  # else take all of it
my $program = pack 'Sx![P]P', 4, $filter;

my @kept;
sub each_door {
  my ($option, $value) = @_;
  my $count = 0;
  for (@doors) {
    my ($link, $socket) = @$_;
    # whoever had it may have ended meanwhile
    next if (readlink $link // '') ne $socket;
    my (undef, undef, $pid, undef, $number) = split m{/}, $link;
    my $process = syscall $PIDFD_OPEN, $pid + 0, 0;
    my $own = $process < 0 ? -1 : syscall $PIDFD_GETFD, $process, $number + 0, 0;
    if ($own >= 0 && open my $door, '+<&=', $own) {
      $count++ if setsockopt $door, $SOL_SOCKET, $option, $value;
      push @kept, $door if $option == $ATTACH;
    }
    if ($process >= 0) { open my $closed, '<&=', $process; }
  }
  return $count;
}

if ($wish eq 'open') { each_door($DETACH, 0); exit 0; }
# it ends by the end of its input only, so that the door never stays shut
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP PIPE);
my $isShut = @doors > 0 && each_door($ATTACH, $program) == @doors;
# Node's event loop must not be held up by it
sub open_kept {
  for my $door (@kept) {
    setsockopt $door, $SOL_SOCKET, $DETACH, 0;
    fcntl $door, $F_SETFL, fcntl($door, $F_GETFL, 0) | $O_NONBLOCK;
  }
}
exit 1 if !$isShut && (each_door($DETACH, 0) || 1);

open my $agent, '+<&=', 3 or die "$!\n";
if ($SENDMSG > 0) {
  my $text = qq({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"isShut":true}}\n);
  my $part = pack 'PQ', $text, length $text;
  my $rights = pack 'Qiiix4', 20, $SOL_SOCKET, 1, fileno $kept[0];
  my $message = pack 'QLx4PQPQix4', 0, 0, $part, 1, $rights, length $rights, 0;
  syscall($SENDMSG, 3, $message, 0) > 0 or die "sendmsg: $!\n";
} else {
  syswrite $agent, qq({"isShut":true}\n);
}
my $left = 120_000;
my $isOpen = 0;
while ($left > 0) {
  my $input = '';
  vec($input, 0, 1) = 1;
  last if select($input, undef, undef, $isOpen ? 1 : 0.002);
  $left -= $isOpen ? 1000 : 2;
  next if $isOpen || (readlink $doors[0][0] // '') eq $doors[0][1];
  # he has closed it: whoever calls from now on waits for the next one
  open_kept();
  $isOpen = 1;
}
open_kept();
exit 0;
`;
