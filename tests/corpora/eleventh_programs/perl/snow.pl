#!/usr/bin/perl
# Measures snow and writes the report of the slopes. Arguments: way, seed, first job, state file.
use strict;
use warnings;
use Carp qw(confess croak longmess);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(strftime);

my ($way, $seed, $start, $state) = @ARGV;
my $bare = $way eq 'bare';
my $json = JSON::PP->new->canonical;
$| = 1;
select((select(STDERR), $| = 1)[0]);

sub entry {
    my ($level, $text) = @_;
    chomp $text;
    my $now = time;
    if ($way eq 'dispatch') {
        print STDERR '[' . strftime('%a %b %e %H:%M:%S %Y', gmtime $now) . "] [$level] $text\n";
    } elsif ($way eq 'log4perl') {
        print STDERR strftime('%Y/%m/%d %H:%M:%S', gmtime $now) . ' ' . uc($level) . " Snow.Report> snow.pl:" . (60 + length($text) % 90) . " - $text\n";
    } elsif ($way eq 'json') {
        my %kept = (time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $now), level => $level, pid => $$);
        my ($first, $rest) = split /\n/, $text, 2;
        $kept{message} = $first;
        $kept{stack} = $rest if defined $rest;
        print STDERR $json->encode(\%kept), "\n";
    } elsif ($way eq 'journal') {
        print STDERR "[$level] $text\n";
    } else {
        print STDERR ($level eq 'error' || $level eq 'critical') ? "ERROR: $text\n" : "$text\n";
    }
}

sub told {
    my ($text, $error) = @_;
    if ($bare) { warn $error }
    else { entry('error', "$text: $error") }
}

sub one { $_[int rand @_] }

sub ordinary {
    my $n = 100 + int rand 9000;
    my @lines = (
        ['info', "station " . $n % 12 . " has " . $n % 240 . " cm of snow"],
        ['info', "slope " . $n % 40 . " is groomed"],
        ['info', 'report written, 0 errors'],
        ['info', "GET /slopes/exceptions.html 200"],
        ['info', 'station 4 answered on the second try'],
        ['debug', 'sensor state {"error":null,"cm":41}'],
        ['info', "sent report $n to the radio"],
        ['info', 'no errors found in the data of last night'],
        ['notice', "slope " . $n % 40 . " closes at 16:30"],
    );
    @lines = sort { $a->[0] cmp $b->[0] } grep { rand() < 0.6 } @lines;
    splice @lines, 2 + int rand 3 if @lines > 4;
    push @lines, ['info', "wind at the ridge is " . $n % 70 . ' km/h'] while @lines < 2;
    entry(@$_) for sort { ($b->[0] eq 'notice') <=> ($a->[0] eq 'notice') } @lines;
}

sub depth { my ($station) = @_; confess "failed to store depth of station $station" }
sub melt { my ($rows) = @_; return depth($rows) }
sub dig { my ($key) = @_; croak "cannot find layer $key" }

my @kinds = (
    sub { eval { melt(int rand 12) }; told('depth not stored', $@) },
    sub { eval { my $none; $none->measure }; told('sensor failed', $@) },
    sub { eval { my $n = 41 / (0 * rand) }; told('average failed', $@) },
    sub { eval { eval { $json->decode(one('{"cm": ', 'nope', '[1,')) } or die "cannot decode frame: $@" }; told('cannot read the sensor', $@) },
    sub { eval { open my $f, '<', '/srv/snow/' . int(rand 99) . '.csv' or die "cannot open layer file: $!" }; told('import failed', $@) },
    sub { eval { my $text = 'powder'; no warnings; my @a = @{$text} }; told('layers not merged', $@) },
    sub { eval { Slope->groom(3) }; told('groomer failed', $@) },
    sub { eval { require Snow::Cannon }; told('cannon driver not loaded', $@) },
    sub { eval { dig(one('wind slab', 'crust')) }; told('profile failed', $@) },
    sub { eval { sqrt(-1 - int rand 9) }; told('density not computed', $@) },
    sub { eval { melt_away(int rand 9) }; told('forecast failed', $@) },
    sub { eval { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 2 + int rand 7) or die "cannot connect: $!" }; told('radio not reachable', $@) },
    sub { eval { local $SIG{ALRM} = sub { confess 'error: groomer timed out' }; kill ALRM => $$; select undef, undef, undef, 0.05 }; told('groomer does not answer', $@) },
    sub { entry('error', one('failed to send report to the radio: Connection refused', 'cannot write /var/lib/snow/today.csv: No space left on device', 'station ' . int(rand 12) . ' not reachable: timed out')) },
    sub { entry('error', 'avalanche sensor ' . int(rand 9) . ' failed its self test') },
    sub { entry('error', "report not sent, failed checks:\n    slope " . int(rand 40) . ": no depth\n    slope 7: depth is -3 cm\n    lift B: unknown") } ,
    sub { entry('critical', 'database is corrupt, report stopped (page ' . int(rand 999) . ')') },
    sub { entry('error', 'query failed: ' . longmess('no such table: layers')) },
);
sub melt_away { my ($n) = @_; eval { depth($n) }; confess 'forecast error: ' . (split /\n/, $@)[0] }
my @deaths = (
    sub { die 'fatal: no station answers, giving up' },
    sub { melt('summit') },
    sub { my %layer; $layer{top}->thaw },
    sub { my $f = 'groom_slope'; no strict 'refs'; &$f(3) },
    sub { require Snow::Radar },
    sub { die "cannot open report: $!" unless open my $f, '<', '/srv/snow/report' },
    sub { my $n = 1 % (0 * rand) },
    sub { dig('base') },
);

my @jobs = (@kinds, @kinds, @deaths);
srand $seed;
@jobs = map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [rand, $_] } @jobs;
srand $seed * 1000 + $start;
entry('info', 'snow report started');
for my $number ($start .. $#jobs) {
    save($number);
    ordinary();
    print "\2\n";
    $jobs[$number]->();
    print "\3\n";
}
ordinary();
save('done');

sub save { open my $f, '>', $state or die $!; print $f $_[0]; close $f }
