#!/usr/bin/perl
# A worker that parks, fuels and washes the buses of a city's depots.
# Log::Log4perl, Log::Dispatch and Mojo::Log are the real ones; "bare" and "journal" are what warn and print write.
use strict;
use warnings;
use Carp qw(croak confess cluck longmess);

package Depot::Error;
use overload '""' => sub { $_[0]{message} . ' (bay ' . $_[0]{bay} . ')' }, fallback => 1;
sub throw { my ($class, %with) = @_; die bless {%with}, $class }

package main;

my ($way, $seed, $start, $state) = @ARGV;
use constant JOBS => 46;
$| = 1;
srand($seed * 1000 + $start);

sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub pick { return $_[rand @_] }
sub bus { return 'bus ' . between(1001, 4999) }
sub begin { syswrite STDERR, "\2\n" }
sub end { syswrite STDERR, "\3\n" }

my $say = logger();

sub logger {
    if ($way eq 'log4perl') {
        require Log::Log4perl;
        my $settings = <<'END';
log4perl.logger = DEBUG, Screen
log4perl.appender.Screen = Log::Log4perl::Appender::Screen
log4perl.appender.Screen.stderr = 1
log4perl.appender.Screen.layout = Log::Log4perl::Layout::PatternLayout
log4perl.appender.Screen.layout.ConversionPattern = %d %p %c - %m%n
END
        Log::Log4perl->init(\$settings);
        my $real = Log::Log4perl->get_logger('Depot.Yard');
        return sub { my ($level, $text) = @_; $text =~ s/\n+\z//; $real->$level($text) };
    }
    if ($way eq 'dispatch') {
        require Log::Dispatch;
        my $stamped = sub {
            my %with = @_;
            my @t = localtime;
            my $time = sprintf '%04d-%02d-%02d %02d:%02d:%02d', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
            return "$time [$with{level}] $with{message}";
        };
        my $real = Log::Dispatch->new(
            outputs   => [['Screen', min_level => 'debug', newline => 1, stderr => 1]],
            callbacks => $stamped,
        );
        my %called = (debug => 'debug', info => 'info', warn => 'warning', error => 'error', fatal => 'critical');
        return sub { my ($level, $text) = @_; $text =~ s/\n+\z//; $real->log(level => $called{$level}, message => $text) };
    }
    if ($way eq 'mojo') {
        require Mojo::Log;
        my $real = Mojo::Log->new(level => 'debug');
        return sub { my ($level, $text) = @_; $text =~ s/\n+\z//; $real->$level($text) };
    }
    if ($way eq 'json') {
        require JSON::PP;
        my $json = JSON::PP->new->canonical;
        return sub {
            my ($level, $text) = @_;
            my @t = gmtime;
            my $time = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
            $text =~ s/\n+\z//;
            print STDERR $json->encode({time => $time, level => $level, msg => $text, pid => $$}) . "\n";
        };
    }
    return sub {
        my ($level, $text) = @_;
        $text =~ s/\n+\z//;
        my $head = $level eq 'info' || $level eq 'debug' ? '' : uc($level) . ': ';
        print STDERR "$head$text\n";
    };
}

sub work {
    for (1 .. between(2, 4)) {
        my $x = rand;
        if    ($x < 0.25) { $say->(info => bus() . ' parked in bay ' . between(1, 80)) }
        elsif ($x < 0.5)  { $say->(info => bus() . ' took ' . between(40, 220) . ' litres at pump ' . between(1, 6)) }
        elsif ($x < 0.65) { $say->(debug => 'yard plan has ' . between(3, 40) . ' free bays') }
        elsif ($x < 0.8)  { $say->(info => 'washed ' . between(2, 30) . ' buses in lane ' . between(1, 3)) }
        elsif ($x < 0.93) { $say->(debug => 'next departure in ' . between(1, 25) . ' min') }
        else              { $say->(warn => 'tank ' . between(1, 4) . ' is at ' . between(10, 20) . ' percent') }
    }
}

sub park {
    my ($bay) = @_;
    confess "bay $bay is taken by " . bus() if $bay > 40;
    croak "bay $bay is closed";
}

sub fuel {
    my ($litres, $buses) = @_;
    return $litres / $buses;
}

sub gauge {
    my ($tank) = @_;
    open my $file, '<', "/srv/gauges/tank$tank.dat" or die "cannot read gauge of tank $tank: $!";
    return <$file>;
}

sub workshop { my ($order) = @_; return $order->finish }
sub wash { Depot::Error->throw(message => pick('brush stuck', 'no water pressure', 'door open'), bay => between(1, 80)) }

sub plan {
    my ($depth) = @_;
    return plan($depth - 1) if $depth > 0;
    return park(between(1, 80));
}

sub roster {
    eval { gauge(between(1, 9)); 1 } or die "roster of depot " . pick(qw(north south harbour)) . " failed: $@";
}

my @failures = (
    sub { park(between(1, 80)) },
    sub { plan(between(1, 4)) },
    sub { plan(between(1, 4)) },
    sub { fuel(between(50, 200), 0) },
    sub { gauge(between(1, 9)) },
    sub { workshop(pick(undef, 'order', bless {}, 'Depot::Order')) },
    sub { wash() },
    sub { roster() },
    sub { my $bay = pick(1, 2); my @rows = @{$bay}; },
);

sub logged {
    begin();
    local $SIG{__DIE__} = sub {
        my ($error) = @_;
        die $error if ref $error || $error =~ /\n\s/;
        $error =~ s/ at \S+ line \d+\.\n\z//;
        die longmess($error);
    };
    eval { pick(@failures)->(); 1 } or $say->(error => pick('yard job failed', 'cannot finish job ' . between(100, 9999)) . ": $@");
    end();
}

sub one_line {
    begin();
    eval { pick(@failures)->(); 1 } or do {
        my ($first) = split /\n/, "$@";
        $say->(error => bus() . " was left where it is: $first");
    };
    end();
}

sub several {
    for (1 .. between(2, 3)) {
        begin();
        $say->(error => 'charger ' . between(1, 60) . ' ' . pick('reports ground fault', 'does not answer', 'lost phase L2'));
        end();
    }
}

sub uncaught {
    begin();
    pick(@failures)->();
}

sub fatal {
    begin();
    $say->(fatal => 'yard database of depot ' . pick(qw(north south harbour)) . ' is gone, exiting');
    exit 1;
}

$say->(info => 'depot worker started');
for my $job ($start .. JOBS - 1) {
    open my $file, '>', $state or die $!;
    print $file $job;
    close $file;
    work();
    my $x = rand;
    if    ($x < 0.42) { logged() }
    elsif ($x < 0.7)  { one_line() }
    elsif ($x < 0.78) { several() }
    elsif ($x < 0.96) { uncaught() }
    else              { fatal() }
}
work();
open my $file, '>', $state or die $!;
print $file 'done';
close $file;
