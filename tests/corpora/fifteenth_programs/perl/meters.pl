#!/usr/bin/perl
# Takes in the meter readings of a water utility, which the readers' handhelds send as files.
use strict;
use warnings;
use Carp qw(croak confess cluck longmess);
use JSON::PP ();
use POSIX qw(strftime);
use Time::HiRes qw(time);

my ($way, $seed, $start, $statefile) = @ARGV;
my @kinds = (
    qw(die die croak croak confess confess line line line pair divide object json file eval),
    qw(uncaught dead fatal method object),
);
$| = 1;
STDERR->autoflush(1);

sub mark { my ($byte) = @_; syswrite STDOUT, "$byte\n" }
sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub pick { return $_[ int rand @_ ] }

package ReadingError {
    sub new { my ($class, %fields) = @_; return bless {%fields}, $class }
    sub throw { my ($class, %fields) = @_; die $class->new(%fields) }
    sub message { return $_[0]{message} }
}

my $log = set_up();

sub set_up {
    if ($way eq 'log4perl') {
        require Log::Log4perl;
        my $conf = q(
            log4perl.rootLogger = DEBUG, Screen
            log4perl.appender.Screen = Log::Log4perl::Appender::Screen
            log4perl.appender.Screen.stderr = 0
            log4perl.appender.Screen.layout = Log::Log4perl::Layout::PatternLayout
            log4perl.appender.Screen.layout.ConversionPattern = %d %-5p %c [%P] %m%n
        );
        Log::Log4perl->init(\$conf);
        my $logger = Log::Log4perl->get_logger('Water.Meters');
        return sub { my ($level, $text) = @_; chomp $text; $logger->$level($text) };
    }
    if ($way eq 'dispatch') {
        require Log::Dispatch;
        my $logger = Log::Dispatch->new(
            outputs   => [ [ 'Screen', min_level => 'debug', newline => 1, stderr => 0 ] ],
            callbacks => sub {
                my %line = @_;
                return strftime('[%Y-%m-%d %H:%M:%S]', localtime) . " [$line{level}] $line{message}";
            },
        );
        my %levels = (warn => 'warning', fatal => 'critical');
        return sub { my ($level, $text) = @_; chomp $text; $logger->log(level => $levels{$level} // $level, message => $text) };
    }
    if ($way eq 'json') {
        my $json = JSON::PP->new->canonical;
        return sub {
            my ($level, $text) = @_;
            chomp $text;
            my $now = time;
            my $at = strftime('%Y-%m-%dT%H:%M:%S', gmtime $now) . sprintf '.%03dZ', 1000 * ($now - int $now);
            print $json->encode({ time => $at, level => $level, msg => $text, app => 'meter-import', pid => $$ }), "\n";
        };
    }
    if ($way eq 'journal') {
        return sub { my ($level, $text) = @_; chomp $text; print STDERR uc $level, ": $text\n" };
    }
    return sub {
        my ($level, $text) = @_;
        return print "$text\n" if $level =~ /debug|info/;
        chomp $text;
        print STDERR ucfirst $level, ": $text\n";
    };
}

sub work {
    for (1 .. between(2, 4)) {
        my $meter = 'M' . between(1_000_000, 9_999_999);
        my $choice = between(0, 6);
        if ($choice == 0) { $log->(debug => "meter $meter read from handheld " . between(1, 60)) }
        elsif ($choice == 1) { $log->(info => "reading of $meter taken in: " . between(10, 99_999) . ' m3') }
        elsif ($choice == 2) { $log->(info => 'file round-' . between(1, 60) . '.csv imported, ' . between(20, 800) . ' rows') }
        elsif ($choice == 3) { $log->(warn => "meter $meter shows " . between(3, 9) . ' times the usual use') }
        elsif ($choice == 4) { $log->(debug => 'sleeping ' . between(1, 30) . ' s') }
        elsif ($choice == 5) { $log->(info => "meter $meter exchanged, new one starts at 0") }
        else { $log->(info => between(1, 500) . ' readings handed to billing') }
    }
    return;
}

sub parse_row {
    my ($row) = @_;
    my @cells = split /;/, $row;
    die 'row has ' . @cells . " cells, expected 5\n" if @cells < 4;
    die "'$cells[2]' is no reading";
}

sub check_date { my ($date) = @_; croak "date $date lies in the future" if $date gt '2027' }
sub check_row { my ($meter) = @_; check_date('20' . between(28, 60) . '-0' . between(1, 9) . '-11'); return $meter }
sub deep { my ($meter, $depth) = @_; return $depth ? deep($meter, $depth - 1) : confess "no account for meter $meter" }
sub average { my ($sum, $days) = @_; return $sum / $days }
sub open_round {
    my ($name) = @_;
    open my $file, '<', "/var/spool/meters/$name" or die "cannot open /var/spool/meters/$name: $!";
    return $file;
}

sub fail {
    my ($kind, $meter) = @_;
    if ($kind eq 'die') { parse_row(pick("$meter;11", "$meter;2026-11-11;12x;ok", "$meter;2026-11-11;;ok")) }
    elsif ($kind eq 'croak') { check_row($meter) }
    elsif ($kind eq 'confess') { deep($meter, between(0, 3)) }
    elsif ($kind eq 'divide') { average(between(5, 90), 0) }
    elsif ($kind eq 'object') { ReadingError->throw(message => "reading of $meter is below the last one") }
    elsif ($kind eq 'json') { JSON::PP->new->decode(pick('{"meter": ', '<html>', '[1,2')) }
    elsif ($kind eq 'file') { open_round('round-' . between(1, 60) . '.csv') }
    elsif ($kind eq 'method') { my $none = pick(undef, ''); $none->value }
    return;
}

sub handle {
    my ($kind) = @_;
    my $meter = 'M' . between(1_000_000, 9_999_999);
    mark("\2");
    if ($kind eq 'line') {
        $log->(error => pick(
            "reading of $meter refused: unknown meter",
            'could not connect to readings-db:3306: Connection refused',
            'handheld ' . between(1, 60) . ' sent a file with a bad checksum',
            'disk quota exceeded in /var/spool/meters',
        ));
    }
    elsif ($kind eq 'pair') {
        $log->(error => "meter $meter has two accounts");
        mark("\3");
        mark("\2");
        $log->(error => 'reply to handheld ' . between(1, 60) . ' lost: Broken pipe');
    }
    elsif ($kind eq 'eval') {
        eval { deep($meter, 0); 1 } or do {
            my ($first) = split /\n/, $@;
            $log->(error => "meter $meter left out: $first");
        };
    }
    elsif ($kind eq 'uncaught') { fail(pick(qw(divide method file)), $meter) }
    elsif ($kind eq 'dead') { fail(pick(qw(confess croak)), $meter) }
    elsif ($kind eq 'fatal') {
        $log->(fatal => 'configuration /etc/meters.conf has no section [billing], exiting');
        exit 2;
    }
    else {
        eval { fail($kind, $meter); 1 } or do {
            my $error = ref $@ && ref $@ eq 'ReadingError' ? $@->message : $@;
            $log->(error => "import of $meter failed: $error");
        };
    }
    mark("\3");
    return;
}

my @jobs = (@kinds, @kinds, @kinds[ 0 .. 12 ]);
srand $seed;
for my $i (reverse 1 .. $#jobs) { my $j = int rand($i + 1); @jobs[ $i, $j ] = @jobs[ $j, $i ] }
$log->(info => 'meter import 3.4 started') if $start == 0;
for my $number ($start .. $#jobs) {
    srand $seed * 1000 + $number;
    note($number);
    work();
    handle($jobs[$number]);
}
work();
note('done');

sub note { my ($text) = @_; open my $file, '>', $statefile or die $!; print $file $text; close $file; return }
