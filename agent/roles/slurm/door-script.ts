/**
 * Perl, which every Debian has, because Node cannot make these system calls. It lends itself the
 * listening socket of the controller (pidfd_open, pidfd_getfd) and has the kernel drop what completes
 * a new connection to it: a socket filter that takes SYN and nothing else. Connections that stand are
 * not touched; who calls believes to be through and says what it wants again and again, from a fifth of
 * a second on, while one whose SYN was dropped would be silent for a whole one. No firewall is involved. The socket is handed to the agent
 * as one Node program hands it to another (SCM_RIGHTS), so that it outlives the controller: from the
 * controller's end on whoever calls waits in its queue.
 *
 * `PORT lend SENDMSG PID`: hands it over at file 3; shuts it when it reads a line, and says so; opens it
 * when the controller has closed it, when its input ends, or after two minutes. SENDMSG is the number
 * of that system call. PID 0: of whoever listens there.
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
# its link in /proc, what that leads to, and a file of our own for it
my (@doors, %found);
my $whose = $pid || '[0-9]*';
for my $link (glob "/proc/$whose/fd/[0-9]*") {
  my $socket = readlink $link;
  next if !defined $socket || !$listening{$socket} || $found{$socket}++;
  my (undef, undef, $owner, undef, $number) = split m{/}, $link;
  my $process = syscall $PIDFD_OPEN, $owner + 0, 0;
  my $own = $process < 0 ? -1 : syscall $PIDFD_GETFD, $process, $number + 0, 0;
  die "The socket is not lent: $!\n" if $own < 0;
  open my $door, '+<&=', $own or die "$!\n";
  push @doors, [$link, $socket, $door];
}
sub opened {
  for (@doors) {
    my $door = $_->[2];
    setsockopt $door, $SOL_SOCKET, $DETACH, 0;
    # whoever has it next must not be held up by it; its owner polls and does not mind
    fcntl $door, $F_SETFL, fcntl($door, $F_GETFL, 0) | $O_NONBLOCK;
  }
}
if ($wish eq 'open') { opened(); exit 0; }
die "Nobody listens.\n" if @doors == 0;
die "This kind of machine is not known.\n" if !$SENDMSG;

# unsigned short, two bytes, unsigned: code, jumps, value of each instruction
my $filter = join '', map { pack 'SCCL', @$_ }
  [0x30, 0, 0, 13],          # the flags of the TCP header
  [0x45, 1, 0, 0x02],        # with SYN: over the next one
  [0x06, 0, 0, 0],           # drop it
  [0x06, 0, 0, 0xffffffff];  # take all of it
my $program = pack 'Sx![P]P', 4, $filter;

# it ends by the end of its input only, so that the door never stays shut
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP PIPE);
open my $agent, '+<&=', 3 or die "$!\n";
{
  my $text = qq({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"is":"lent"}}\n);
  my $part = pack 'PQ', $text, length $text;
  my $rights = pack 'Qiiix4', 20, $SOL_SOCKET, 1, fileno $doors[0][2];
  my $message = pack 'QLx4PQPQix4', 0, 0, $part, 1, $rights, length $rights, 0;
  syscall($SENDMSG, 3, $message, 0) > 0 or die "sendmsg: $!\n";
}
my $isShut = 0;
for (my $leftMs = 120_000; $leftMs > 0; $leftMs -= $isShut ? 2 : 100) {
  my $input = '';
  vec($input, 0, 1) = 1;
  if (select $input, undef, undef, $isShut ? 0.002 : 0.1) {
    last if !sysread STDIN, my $line, 64;
    $isShut = grep({ setsockopt $_->[2], $SOL_SOCKET, $ATTACH, $program } @doors) == @doors;
    syswrite $agent, $isShut ? qq({"is":"shut"}\n) : qq({"is":"open"}\n);
    opened() if !$isShut;
  }
  next if !$isShut || (readlink $doors[0][0] // '') eq $doors[0][1];
  # it is closed there: whoever calls from now on waits for the next one
  opened();
  $isShut = 0;
}
opened();
exit 0;
`;
