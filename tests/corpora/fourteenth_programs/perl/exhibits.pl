#!/usr/bin/perl
# The exhibits of a museum network: condition reports, transport, object labels, imports of the inventory.
#
# Ways of logging: `log4perl` (its PatternLayout), `dispatch` (Log::Dispatch with a time in a callback), `mojo`
# (Mojo::Log's default layout, written out), `json` (JSON lines), `bare` (print, warn and Carp), `journal`
# (a level and the text).
use strict;
use warnings;
use Carp qw(confess croak longmess);
use IO::Socket::INET;
use IO::Handle;
use JSON::PP;
use POSIX qw(strftime);
use Time::HiRes qw(time);

my ($way, $seed, $start, $state) = @ARGV;
my $JOBS = 50;
my @houses = qw(castle maritime natural-history glass-house);
STDOUT->autoflush(1);
STDERR->autoflush(1);

my $logger = logger();

sub logger {
    if ($way eq 'log4perl') {
        require Log::Log4perl;
        Log::Log4perl->init(\<<'CONF');
log4perl.rootLogger = DEBUG, Screen
log4perl.appender.Screen = Log::Log4perl::Appender::Screen
log4perl.appender.Screen.stderr = 0
log4perl.appender.Screen.layout = Log::Log4perl::Layout::PatternLayout
log4perl.appender.Screen.layout.ConversionPattern = %d [%P] %p %c - %m%n
CONF
        my $made = Log::Log4perl->get_logger('Museum.Exhibits');
        return sub { my ($level, $text) = @_; chomp $text; $made->$level($text) };
    }
    if ($way eq 'dispatch') {
        require Log::Dispatch;
        my $made = Log::Dispatch->new(
            outputs   => [['Screen', min_level => 'debug', stderr => 1, newline => 1]],
            callbacks => sub { my %m = @_; strftime('[%a %b %e %H:%M:%S %Y] ', localtime) . "[$m{level}] $m{message}" },
        );
        return sub { my ($level, $text) = @_; chomp $text; $made->log(level => $level eq 'warn' ? 'warning' : $level eq 'fatal' ? 'critical' : $level, message => $text) };
    }
    if ($way eq 'mojo') {
        return sub {
            my ($level, $text) = @_;
            chomp $text;
            my $now = time;
            print STDERR strftime('[%Y-%m-%d %H:%M:%S', localtime $now), sprintf('.%05d', ($now - int $now) * 100000), "] [$$] [$level] $text\n";
        };
    }
    if ($way eq 'json') {
        my $json = JSON::PP->new->canonical;
        return sub {
            my ($level, $text) = @_;
            chomp $text;
            print $json->encode({time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime), level => $level, logger => 'exhibits', pid => $$, message => $text}), "\n";
        };
    }
    if ($way eq 'journal') {
        return sub { my ($level, $text) = @_; chomp $text; print STDERR uc($level), ": $text\n" };
    }
    return sub {
        my ($level, $text) = @_;
        chomp $text;
        if ($level eq 'info' || $level eq 'debug') { print "$text\n" }
        else { print STDERR "$level: $text\n" }
    };
}

sub info { $logger->('info', @_) }
sub error { $logger->('error', @_) }

sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub pick { return $_[rand @_] }

package Condition {
    sub new { my ($class, %fields) = @_; return bless {%fields}, $class }

    sub score {
        my $self = shift;
        return $self->{damage} / $self->{surfaces};
    }

    sub curator {
        my $self = shift;
        return $self->{room}->curator;
    }
}

package Inventory {
    use Carp;

    sub load {
        my ($path) = @_;
        open my $file, '<', $path or die "cannot open $path: $!";
        return <$file>;
    }

    sub parse {
        my ($text) = @_;
        return JSON::PP->new->decode($text);
    }

    sub object {
        my ($number) = @_;
        croak "inventory number '$number' is malformed" unless $number =~ /^[A-Z]\d{4}$/;
        return $number;
    }

    sub insured {
        my ($number, $value) = @_;
        Carp::confess("value of object $number is not insured: $value EUR") if $value > 1000;
    }

    sub transport {
        my ($number, $value) = @_;
        insured($number, $value);
        return "crate-$number";
    }
}

package main;

my %failing = (
    score     => sub { Condition->new(damage => between(1, 9), surfaces => 0)->score },
    curator   => sub { Condition->new(room => undef)->curator },
    load      => sub { Inventory::load('/srv/inventory/' . pick(@houses) . '-' . between(1990, 2026) . '.csv') },
    parse     => sub { Inventory::parse(pick('{"object": ', '<html>', '[1, 2', 'none')) },
    object    => sub { Inventory::object(pick('x12', 'AB-7', '0099')) },
    insured   => sub { Inventory::transport(between(1000, 9999), between(2000, 90000)) },
    label     => sub { my $label = pick('text', 'plate'); no strict 'refs'; &{"print_$label"}(between(1, 9)) },
    sensor    => sub {
        my $room = between(2, 9);
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $room, Timeout => 1) or die "climate logger of room $room: $@";
    },
    chain     => sub {
        eval { Inventory::load('/srv/inventory/' . between(1990, 2026) . '.csv') } or do {
            my $why = $@;
            die "nightly import stopped: $why";
        };
    },
    method    => sub { my $class = pick('Crate', 'Courier', 'Showcase'); $class->new(id => between(1, 99)) },
);
my %said = (
    score   => 'condition report failed',
    curator => 'no curator for the object',
    load    => 'import failed',
    parse   => 'answer of the lender could not be read',
    object  => 'object skipped',
    insured => 'transport not planned',
    label   => 'label not printed',
    sensor  => 'no climate reading',
    chain   => 'job failed',
    method  => 'packing list failed',
);

sub mark { syswrite STDOUT, "$_[0]\n" }

sub told {
    my ($tell) = @_;
    mark("\2");
    $tell->();
    mark("\3");
}

sub failed {
    my ($kind) = @_;
    eval { $failing{$kind}->(); 1 } and return;
    error("$said{$kind}: $@");
}

# A handler that puts the stack behind the message, as Carp::Always does.
sub traced {
    my ($kind) = @_;
    local $SIG{__DIE__} = sub { die $_[0] =~ /\n.+\n/ ? $_[0] : longmess($_[0] =~ s/ at \S+ line \d+\.\n\z//r) };
    eval { $failing{$kind}->(); 1 } and return;
    error("$said{$kind}: $@");
}

sub stop {
    my ($kind) = @_;
    if ($kind == 0) { $failing{pick('score', 'curator', 'object', 'method')}->() }
    if ($kind == 1) { $failing{insured}->() }
    if ($kind == 2) { $logger->('fatal', 'inventory database is gone, stopping'); exit 1 }
    if ($kind == 3) { die 'worker ' . between(1, 8) . ': lost the lock of the import' }
    if ($kind == 4) { $failing{chain}->() }
    if ($kind == 5) { confess 'assertion failed: crate ' . between(100, 999) . ' has no destination' }
}

sub work {
    for (1 .. between(2, 4)) {
        my $id = between(1000, 9999);
        info(pick(
            "object A$id checked, condition good",
            "label of A$id printed in " . pick('de', 'en', 'fr'),
            'crate ' . between(100, 999) . ' left for ' . pick(@houses),
            'imported ' . between(20, 900) . ' rows from ' . pick(@houses),
            'room ' . between(1, 40) . ': ' . between(45, 55) . ' % humidity, ' . between(40, 60) . ' lux',
        ));
    }
    $logger->('debug', 'spool holds ' . between(0, 30) . ' labels') if rand() < 0.3;
    $logger->('warn', 'lux limit of room ' . between(1, 40) . ' nearly reached') if rand() < 0.1;
}

my @kinds = sort keys %failing;
my @order = (@kinds, qw(line batch die traced line die traced die traced));
my @lines = qw(score curator load object sensor);
info('exhibits 1.9.2 started') if $start == 0;
for my $number ($start .. $JOBS - 1) {
    open my $file, '>', $state or die $!;
    print $file $number;
    close $file;
    srand($seed * 1000 + $number);
    rand;
    work();
    my @sofar = map { $order[($_ * 8 + $seed) % @order] } 0 .. $number;
    my $kind = $sofar[-1];
    if ($kind eq 'line') {
        my $which = pick(@lines);
        told(sub { failed($which) });
    }
    elsif ($kind eq 'batch') {
        for (1 .. between(2, 3)) {
            told(sub { error('reminder for loan ' . between(1000, 9999) . ' not delivered: ' . pick('550 no such user', 'connection timed out', 'greylisted')) });
        }
    }
    elsif ($kind eq 'traced') {
        my $which = pick(@kinds);
        told(sub { traced($which) });
    }
    elsif ($kind eq 'die') {
        mark("\2");
        stop((grep({ $_ eq 'die' } @sofar) + $seed) % 6);
    }
    else { told(sub { failed($kind) }) }
}
srand($seed);
work();
open my $file, '>', $state or die $!;
print $file 'done';
