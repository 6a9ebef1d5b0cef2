#!/usr/bin/perl
# Water meters: perl meters.pl way seed start state
use strict;
use warnings;
use Carp qw(carp croak confess cluck longmess);
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(strftime);
use List::Util qw(shuffle);

my ($way, $seed, $start, $state) = @ARGV;
$| = 1;
open STDOUT, '>&', \*STDERR or die;
binmode STDERR, ':unix';

package Meter {
    sub new { my ($class, %with) = @_; return bless {%with}, $class }
    sub read_out { my ($self) = @_; Carp::croak("cannot read meter $self->{id}: no answer") }
    sub audit { my ($self) = @_; Carp::confess("invalid counter of meter $self->{id}: it ran backwards") }
}

sub number { return 2 + int rand 9000 }
sub pick { return $_[int rand @_] }
sub mark { print STDERR "$_[0]\n" }

sub put {
    my ($level, $text) = @_;
    chomp $text;
    if ($way eq 'json') {
        my ($message, $stack) = $text =~ /^(.*?)\n(\s.*)$/s ? ($1, $2) : ($text);
        my %shown = (time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime), level => lc $level, message => $message);
        $shown{stack} = $stack if defined $stack;
        print STDERR JSON::PP->new->canonical->encode(\%shown) . "\n";
    } elsif ($way eq 'bare') {
        print STDERR $level eq 'INFO' ? "$text\n" : $level eq 'WARN' ? "Warning: $text\n" : "Error: $text\n";
    } else {
        print STDERR strftime('%Y-%m-%d %H:%M:%S', localtime) . " [$level] $text\n";
    }
}

sub work {
    for (1 .. 2 + int rand 3) {
        my $n = number();
        put('INFO', pick("meter $n read: " . $n * 7 . ' litres', "GET /meters/$n 200 in 8 ms", "bill $n printed",
            "valve $n opened", "district " . $n % 12 . " synchronised", "pressure " . $n % 9 . ".2 bar at pump " . $n % 5));
    }
    return if rand() > 0.4;
    my $n = number();
    my @line = @{pick(['INFO', "read $n meters, 0 errors"], ['INFO', "checksum of bill $n tested, no error found"],
        ['INFO', "GET /doc/exception-classes/$n 200 in 1 ms"], ['INFO', "answer of the radio: {\"meter\":$n,\"error\":null}"],
        ['INFO', "meter $n read at second attempt"], ['INFO', "import: $n rows, failed: 0"], ['WARN', "battery of meter $n at 18 percent"])};
    put(@line);
}

my %raised = (
    no_file => sub { my $f = '/srv/meters/route-' . number() . '.csv'; open my $h, '<', $f or die "Cannot open $f: $!" },
    zero => sub { my $flow = number(); my $days = $flow - $flow; my $mean = $flow / $days },
    no_method => sub { my $meter = Meter->new(id => number()); $meter->close_valve },
    on_undef => sub { my $meter; $meter->read_out },
    no_sub => sub { no strict 'refs'; my $name = 'tariff_' . number(); $name->() },
    no_module => sub { require Billing::Export },
    not_hash => sub { my $row = [number()]; my $id = $row->{id} },
    strict_refs => sub { my $row = 'meter' . number(); my @all = @$row },
    croaked => sub { Meter->new(id => number())->read_out },
    confessed => sub { Meter->new(id => number())->audit },
    bad_json => sub { my $n = number(); eval { JSON::PP->new->decode("{\"meter\": $n, ") } or die "Cannot decode answer of meter $n: $@" },
    refused => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:9', Timeout => 1) or die 'Could not connect to radio ' . number() . ": $@" },
    frozen => sub { Internals::SvREADONLY(my $limit = 4, 1); $limit = number() },
    alarm => sub { local $SIG{ALRM} = sub { die 'reading of meter ' . number() . " timed out\n" }; POSIX::raise(POSIX::SIGALRM()); select undef, undef, undef, 0.01 },
    compiled => sub { eval 'my $x = ; 1' or die 'tariff formula ' . number() . " does not compile: $@" },
    mkdir => sub { my $d = '/proc/meters' . number(); mkdir $d or die "Failed to create $d: $!" },
    again => sub { eval { die 'pump ' . number() % 9 . " is dry\n" }; die "District cannot be supplied: $@" },
    deep => sub { confess_deep(4) },
);
sub confess_deep { my ($left) = @_; return $left ? confess_deep($left - 1) : confess('leak search failed in district ' . number()) }

sub logged {
    my ($job) = @_;
    return if eval { $job->(); 1 };
    my $e = $@;
    if ($way eq 'bare') { warn $e }
    else { put('ERROR', pick('reading failed: ', 'job ' . number() . ' died: ', 'could not close the day: ', 'unexpected error: ') . $e) }
}

sub plain {
    my $n = number();
    put('ERROR', pick("bill $n rejected: address is missing", "could not reach meter $n: no route to host",
        "login failed for user inspector$n", "write to /srv/meters/day.db failed: disk full", "valve $n failed to close", "timed out waiting for pump " . $n % 8));
}

sub lines {
    my $n = number();
    put('ERROR', pick("import of route $n failed:\n    row 3: counter is not a number\n    row $n: unknown meter",
        "2 meters could not be read:\n    $n: no signal\n    " . ($n + 1) . ': battery empty'));
}

sub warned {
    my $n = number();
    my $text = pick("Cannot read meter $n: Connection timed out", "Failed to send bill $n: Broken pipe", "Can't lock /srv/meters/day.lock: Permission denied");
    $way eq 'timed' || $way eq 'docker' ? warn strftime('%Y-%m-%d %H:%M:%S', localtime) . " $text" : warn $text;
}

sub clucked { cluck('Error: bill ' . number() . ' could not be stored') }

my @jobs = map { my $job = $raised{$_}; sub { logged($job) } } sort keys %raised;
push @jobs, (\&plain) x 7, (\&lines) x 4, (\&warned) x 4, (\&clucked) x 2;
push @jobs, map { $raised{$_} } qw(no_file croaked confessed zero deep no_module on_undef);
srand $seed;
@jobs = shuffle @jobs;
srand($seed * 1000 + $start);
put('INFO', 'meters started');
for my $i ($start .. $#jobs) {
    save($i);
    work();
    mark("\2");
    $jobs[$i]->();
    mark("\3");
}
work();
put('INFO', 'meters stopped');
save('done');

sub save { open my $h, '>', $state or die; print $h $_[0]; close $h }
