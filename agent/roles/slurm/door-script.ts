/**
 * Perl, which every Debian has, because Node cannot make these system calls. It lends itself the
 * listening sockets of whoever listens at a port (pidfd_open, pidfd_getfd) and has the kernel drop
 * what asks them for a new connection: a socket filter that refuses SYN and nothing else, so that
 * connections that are being made or stand are not touched. No firewall is involved.
 *
 * `PORT shut`: shuts, says so, and opens again when its input ends or after two minutes.
 * `PORT open`: opens what one that was killed left shut.
 */
export const DOOR_SCRIPT = String.raw`
use strict; use warnings;
my ($port, $wish) = (sprintf('%04X', $ARGV[0]), $ARGV[1]);
my ($PIDFD_OPEN, $PIDFD_GETFD, $SOL_SOCKET, $ATTACH, $DETACH) = (434, 438, 1, 26, 27);

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
for my $link (glob '/proc/[0-9]*/fd/[0-9]*') {
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
    }
    if ($process >= 0) { open my $closed, '<&=', $process; }
  }
  return $count;
}

if ($wish eq 'open') { each_door($DETACH, 0); exit 0; }
# it ends by the end of its input only, so that the door never stays shut
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP PIPE);
my $isShut = @doors > 0 && each_door($ATTACH, $program) == @doors;
if ($isShut) {
  syswrite STDOUT, "shut\n";
  my $input = '';
  vec($input, 0, 1) = 1;
  select $input, undef, undef, 120;
}
each_door($DETACH, 0);
exit($isShut ? 0 : 1);
`;
