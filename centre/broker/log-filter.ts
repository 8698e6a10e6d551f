/**
 * The program between Mosquitto's standard error and the world: lets through what a person or the centre should see of it, a bounded part of any
 * flood. In Perl, because every Debian has it: the broker's machine needs nothing of this product to run.
 */
import { centre } from '../../firmware/contract/topics.ts';

/** Two files of this size are kept. */
const logFileBytesMax = 16 * 1024 * 1024;
/** Lines of a kind, and refusals of one client, that are kept of a second. The rest is counted: a flood must not fill the disk. */
const linesOfKindMax = 200;
const refusalsOfClientMax = 20;

export function logFilter(): string {
  return `${[heading, keeping, telling, reading].join('\n\n')}\n`;
}

const heading = `# Reads what Mosquitto says on standard error, debug lines included, and keeps what a person or the centre should see: on standard output, in
# the log file (two of ${logFileBytesMax >> 20} MiB at most) and, where it is a refusal that Mosquitto keeps out of $SYS/broker/log, on the topic
# ${centre.brokerLog} through the broker's socket. Never makes the broker wait: what the socket does not take at once is dropped.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($file, $socket_path) = @ARGV;
# Ends with the broker, not before it, whatever signals the two get together.
$SIG{$_} = 'IGNORE' for qw(PIPE HUP INT TERM);
umask 0027;
$| = 1;

my ($log, $size, $socket, $tried) = (undef, 0, undef, 0);`;

const keeping = `sub open_log {
    if (open($log, '>>', $file)) { $size = -s $log; $log->autoflush(1); }
    else { print "log-filter: cannot write $file: $!\\n"; undef $log; }
}

sub keep {
    my ($line) = @_;
    print "$line\\n";
    return unless $log;
    print $log "$line\\n";
    $size += length($line) + 1;
    return if $size < ${logFileBytesMax};
    close $log;
    rename $file, "$file.1";
    open_log();
}`;

const telling = `# MQTT 3.1.1: remaining length, a string, a packet.
sub varint { my ($n) = @_; my $out = ''; do { my $byte = $n & 127; $n >>= 7; $out .= chr($n ? $byte | 128 : $byte); } while ($n); $out }
sub text { pack 'n/a*', $_[0] }
sub packet { my ($type, $body) = @_; chr($type) . varint(length $body) . $body }

# Tries again at most once a second: the broker opens its socket only after it has begun to speak.
sub connected {
    return 1 if $socket;
    return 0 if $tried == time;
    $tried = time;
    $socket = IO::Socket::UNIX->new(Peer => $socket_path) or return 0;
    $socket->blocking(0);
    # The dot: no box can have this client id. Clean session, no keep-alive.
    return send_whole(packet(0x10, text('MQTT') . "\\x04\\x02\\x00\\x00" . text('log.filter')));
}

sub send_whole {
    my ($bytes) = @_;
    my $sent = syswrite $socket, $bytes;
    return 1 if defined $sent && $sent == length $bytes;
    # Half a packet would spoil all that follows.
    undef $socket;
    return 0;
}

sub tell_centre {
    my ($line) = @_;
    # The broker's CONNACK, and whether the connection has ended.
    if ($socket) { my $read = sysread $socket, my $ignored, 4096; undef $socket if defined $read && $read == 0; }
    send_whole(packet(0x30, text('${centre.brokerLog}') . $line)) if connected();
}`;

const reading = `my ($second, $left_out, %count) = ('', 0);
my ($client, $is_will, %is_service) = ('', 0);
open_log();
while (my $line = <STDIN>) {
    chomp $line;
    my ($time, $said) = $line =~ /^(\\S+): (.*)$/ ? ($1, $2) : ('-', $line);
    my $was_will = $is_will;
    $is_will = $said =~ /^Will message specified /;
    if ($said =~ /^New client connected from \\S+ as (\\S+) \\(.*?(?:u'([^']*)')?\\)\\.$/) {
        # Services are told by the dot in their names; their client ids are free.
        ($client, my $name) = ($1, $2 // '.');
        if (index($name, '.') >= 0) { $is_service{$client} = 1 } else { delete $is_service{$client} }
    } elsif ($said =~ /^Client (\\S+) /) {
        delete $is_service{$1};
    } elsif ($was_will && $said =~ /^\\t(.*)$/) {
        # The third line of three that follow each other at once. Mosquitto drops a foreign will in silence when its time comes.
        $said = "Denied WILL from $client ('$1')" unless $is_service{$client} || index($1, "vonggac/1/up/$client/") == 0;
    } elsif ($said =~ /^(\\S+) [0-2] (\\S.*)$/ && !$is_service{$1}) {
        # Mosquitto grants every subscription, and delivers what may be read. But who joins a shared one takes messages from its other members.
        $said = "Foreign SUBSCRIBE from $1 ('$2')" unless $2 =~ m{^vonggac/1/(?:bcast|down/\\Q$1\\E)/};
    }
    next if $said =~ /^(?:(?:Received|Sending) [A-Z]+ |\\t|No will message |Will message |Saving in-memory |Warning: ACL pattern )/;

    if ($time ne $second) {
        keep("$second: Left out: $left_out lines of this second") if $left_out;
        ($second, $left_out, %count) = ($time, 0);
    }
    my $is_refusal = $said =~ /^((?:Denied|Foreign) [A-Z]+ from \\S+)/;
    my $kind = $is_refusal ? $1 : $said =~ /^(\\S*)/ ? $1 : '';
    if (++$count{$kind} > ($is_refusal ? ${refusalsOfClientMax} : ${linesOfKindMax})) { $left_out++; next }
    keep("$time: $said");
    tell_centre("$time: $said") if $is_refusal;
}
keep("$second: Left out: $left_out lines of this second") if $left_out;`;
