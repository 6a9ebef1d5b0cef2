# A mail room: `postroom.pl WAY START STEP`, or `postroom.pl fall FAILURE`, or `postroom.pl names`.
package Postroom::Error;
use overload '""' => sub { "letter $_[0]{letter}: $_[0]{text}" }, fallback => 1;
sub throw { my ($class, %of) = @_; die bless {%of}, $class }

package Postroom;
use strict;
use warnings FATAL => 'all';
no warnings 'recursion';
use Carp qw(croak confess longmess cluck);
use Encode ();
use Fcntl;
use IO::File;
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(strftime);
use Socket;
use Time::HiRes qw(time);
use Time::Local;
use List::Util qw(first);
use Scalar::Util qw(blessed);

my ($way, $start, $step) = (@ARGV, '', '');
$| = 1;
select((select(STDERR), $| = 1)[0]);
srand length("@ARGV") + ord(substr $way, -1) + ($start =~ /^\d/ ? $start : 5);

my @failures = (
    missing => sub { open my $f, '<', '/var/spool/postroom/in.txt' or die "cannot open /var/spool/postroom/in.txt: $!"; },
    missing_line => sub { open my $f, '<', '/var/spool/postroom/in.txt' or die "cannot open: $!\n"; },
    autodie => sub { use autodie; open my $f, '<', '/var/spool/postroom/in.txt'; },
    directory => sub { open my $f, '<', '/etc'; defined(my $l = readline $f) or die "reading /etc: $!"; },
    exists => sub { mkdir '/etc' or die "mkdir /etc: $!"; },
    permission => sub { local $> = 65534; open my $f, '<', '/etc/shadow' or die "open /etc/shadow: $!"; },
    full => sub { open my $f, '>', '/dev/full'; print $f 'x'; close $f or die "write: $!"; },
    refused => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:9') or die "smtp: $@"; },
    refused_raw => sub { socket my $s, PF_INET, SOCK_STREAM, 0; connect $s, sockaddr_in(9, inet_aton('127.0.0.1')) or croak "connect: $!"; },
    json => sub { JSON::PP::decode_json('{"letter": 12, "to": }') },
    json_empty => sub { JSON::PP::decode_json('') },
    json_code => sub { JSON::PP::encode_json({ letter => sub { } }) },
    number => sub { my $n = '12a'; $n + 1 },
    undefined => sub { my $to; "Dear $to" },
    method => sub { my $letter; $letter->send },
    method_missing => sub { Postroom::Error->send },
    package_missing => sub { Postroom::Printer->new },
    unblessed => sub { my $l = {}; $l->send },
    not_hash => sub { my $l = 'text'; $l->{to} },
    not_array => sub { my $l = {}; @$l },
    not_code => sub { my $l = 12; $l->() },
    undefined_sub => sub { no strict 'refs'; &{'print_letter'}() },
    zero => sub { 1 / scalar(@{ [] }) },
    modulo => sub { 1 % 0 },
    root => sub { sqrt(-1) },
    logarithm => sub { log(0) },
    readonly => sub { for my $x (1) { ${ \ 'a' } = 2 } },
    wide => sub { open my $f, '>', \my $b; print $f "\x{263a}" },
    decode => sub { Encode::decode('UTF-8', "caf\xe9", Encode::FB_CROAK) },
    encoding => sub { Encode::encode('utf-9', 'x') },
    module => sub { require Postroom::Printer },
    file => sub { require './rates.pl' },
    syntax => sub { eval "my \$x = ;" ; die $@ if $@ },
    strict => sub { eval "use strict; \$lettr = 1; 1" or die $@ },
    regex => sub { my $p = 'letter ('; 'x' =~ /$p/ },
    sprintf => sub { sprintf '%d %d', 1 },
    substring => sub { substr('abc', 7) },
    splice => sub { splice @{ [1] }, 5, 1 },
    time => sub { timelocal(0, 0, 0, 31, 1, 2026) },
    alarm => sub { local $SIG{ALRM} = sub { die "timeout after 0.05 s\n" }; Time::HiRes::alarm(0.05); select undef, undef, undef, 1; },
    command => sub { system('sh', '-c', 'exit 3') == 0 or die "lpr exited with status ", $? >> 8 },
    command_missing => sub { no warnings; system('print-letter') == 0 or die "cannot run print-letter: $!" },
    signalled => sub { system('sh', '-c', 'kill -9 $$'); die "child died with signal " . ($? & 127) if $? & 127 },
    own => sub { Postroom::Error->throw(letter => 17, text => 'no stamp') },
    hash => sub { die { code => 500, text => 'no stamp' } },
    croaked => sub { croak 'letter has no address' },
    confessed => sub { confess 'letter weighs too much' },
    confessed_ref => sub { $! = 28; confess "cannot sort letters: $!" },
    chained => sub { eval { JSON::PP::decode_json('[1,') } or die "address book could not be read: $@" },
    chained_twice => sub { eval { die "disk went away\n" } or eval { die "spool: $@" } or die "letter 12 not stored: $@" },
    bare => sub { die },
    rethrown => sub { eval { die 'no route' }; die },
    odd => sub { my %h = (1) },
    closed => sub { open my $f, '<', '/etc/hostname'; close $f; readline $f },
    local_class => sub { my $o = bless [], 'Postroom::Error'; $o->{x} },
    goto_ => sub { goto LETTERS },
    pack_ => sub { pack 'Y', 1 },
    fork_pipe => sub { local $SIG{PIPE} = sub { die "broken pipe while writing to printer\n" }; pipe my $r, my $w; close $r; syswrite $w, 'x' },
);
my %FAILURES = @failures;
my @NAMES = @failures[grep { !($_ % 2) } 0 .. $#failures];

my @HEALTHY = do { open my $f, '<', 'healthy.tsv'; map { chomp; [split /\t/] } <$f> };
my @SAID = ('letter %d could not be sent', 'delivery run %d failed', 'request GET /letters/%d failed',
    'cannot process letter %d', 'queue worker gave up on %d', 'unexpected failure %d');

sub sort_letters { my ($name) = @_; return deliver($name) }
sub deliver { my ($name) = @_; my @done = $FAILURES{$name}->(); return "@{[scalar @done]}" }

sub mark { syswrite STDERR, chr($_[0]) . "\n" }

sub at { my ($format) = @_; my $now = time; my $ms = sprintf '%03d', ($now - int $now) * 1000; my $s = strftime $format, localtime $now; $s =~ s/MS/$ms/; return $s }

my %LAYOUTS = (
    apache => sub { my ($level, $text) = @_; at('[%a %b %d %H:%M:%S %Y]') . ' [' . lc($level) . "] $text" },
    log4perl => sub { my ($level, $text) = @_; at('%Y/%m/%d %H:%M:%S') . " $level> postroom.pl:77 Postroom::deliver - $text" },
    common => sub { my ($level, $text) = @_; at('%Y-%m-%d %H:%M:%S,MS') . " $level [worker-" . (1 + int rand 4) . "] post.room - $text" },
    mojo => sub { my ($level, $text) = @_; at('[%Y-%m-%d %H:%M:%S.MS') . int(100 + rand 900 / 2) . "] [$$] [" . lc($level) . "] $text" },
    json => sub { my ($level, $text, $error) = @_;
        JSON::PP->new->canonical->encode({ ts => at('%Y-%m-%dT%H:%M:%S.MSZ'), level => lc $level, msg => $text, error => undef,
            defined $error ? (error => "$error", stack => longmess('at')) : () }) },
    syslog => sub { my ($level, $text) = @_; "$level: $text" },
    printed => sub { my ($level, $text) = @_; $text },
);
$LAYOUTS{fall} = $LAYOUTS{common};

sub say_line { my ($level, $text, $error) = @_; my $line = $LAYOUTS{$way}->($level, $text, $error); $line =~ s/\n*\z/\n/; syswrite STDERR, Encode::encode_utf8($line) }

sub healthy {
    my ($fewest) = @_;
    for (1 .. $fewest + int rand 5) {
        my ($level, $text) = @{ $HEALTHY[rand @HEALTHY] };
        $text =~ s/@/2 + int rand 900/ge;
        $text =~ s/\\n/\n/g;
        next if $way eq 'printed' and $level ne 'INFO';
        say_line($level, $text);
    }
}

if ($way eq 'names') { print "$_\n" for @NAMES; exit }

if ($way eq 'fall') {
    healthy(2);
    mark(2);
    local $SIG{__DIE__} = $start =~ /^[a-m]/ ? undef : \&Carp::confess;
    sort_letters($start);
    exit;
}

my $number = 0;
for (my $at = $start; $at < @NAMES; $at += $step) {
    healthy($way eq 'printed' ? 1 : 0);
    my $said = sprintf $SAID[rand @SAID], 100 + rand 9000;
    my $trace;
    my $fine = eval {
        local $SIG{__DIE__} = sub { $trace = longmess("$_[0]") if defined $^S and not ref $_[0] } if $number % 4 == 2;
        sort_letters($NAMES[$at]);
        1;
    };
    my $error = $@;
    print "did not fail: $NAMES[$at]\n" if $fine;
    if (!$fine) {
        $error = "code $error->{code}: $error->{text}" if ref $error eq 'HASH';
        $error = "$error";
        mark(2);
        if ($way eq 'printed') { warn $trace // $error }
        elsif ($way eq 'json') { say_line($number % 9 == 5 ? 'FATAL' : 'ERROR', $said, $error) }
        else { say_line($number % 9 == 5 ? 'FATAL' : 'ERROR', "$said: " . ($trace // $error)) }
        mark(3);
    }
    $number++;
}
healthy(1);
