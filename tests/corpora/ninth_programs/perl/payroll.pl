#!/usr/bin/perl
# A payroll: it counts hours, works out wages, sends payslips, and fails in the ways such a script fails.
use strict;
use warnings;
use utf8;
use Carp qw(croak confess longmess);
use POSIX qw(strftime);
use Time::HiRes qw(time);
use JSON::PP;
use Encode qw(encode);
use IO::Socket::INET;

my ($way, $seed, $start, $state) = @ARGV;
binmode STDERR, ':utf8';
binmode STDOUT, ':utf8';
select(STDERR); $| = 1;

my @people = ('Osei', 'van Dijk', 'Kowalczyk', '李明', 'Grünwald', 'Haddad', 'Sørensen');
my @sites = ('Leeds depot', 'kitchen 4', 'night cleaning', 'Gdańsk yard', '成都分公司', 'head office');

sub pick { $_[ int rand @_ ] }
sub number { my ($from, $to) = @_; $from + int rand($to - $from + 1) }
sub say_mark { print STDERR "$_[0]\n" }

sub filled {
    my $text = shift;
    $text =~ s/\{p\}/pick(@people)/ge;
    $text =~ s/\{s\}/pick(@sites)/ge;
    $text =~ s/\{n\}/number(1000, 99999)/ge;
    $text =~ s/\{o\}/number(2, 90)/ge;
    return $text;
}

# what it does

package Payroll::Tax {
    sub rate { my ($class, $code) = @_; main::croak("Error: unknown tax code $code") if $code !~ /^[A-D]$/; return 0.2 }
    sub wage { my ($class, $hours, $code) = @_; return $hours * $class->rate($code) }
}

package Payroll::Slip {
    sub new { my ($class, %of) = @_; return bless {%of}, $class }
    sub total { my $self = shift; main::confess("payslip $self->{number} has no lines") unless @{ $self->{lines} || [] }; return 1 }
    sub send { my $self = shift; $self->total; return 1 }
}

package Payroll::Error {
    use overload '""' => sub { my $self = shift; "Payroll::Error: $self->{message} (period $self->{period}) at $self->{file} line $self->{line}.\n" }, fallback => 1;
    sub throw { my ($class, %of) = @_; my (undef, $file, $line) = caller; die bless {%of, file => $file, line => $line}, $class }
}

package main;

sub wage { Payroll::Tax->wage(number(10, 160), 'X' . number(1, 9)) }
sub slip { Payroll::Slip->new(number => number(1000, 9999))->send }
sub slip_batch { my ($site, $count) = @_; slip() for 1 .. $count }
sub batch { slip_batch(pick(@sites), number(2, 40)) }
sub opened { my $file = '/srv/payroll/hours/' . number(100, 999) . '.csv'; open my $in, '<', $file or die "Cannot open $file: $!"; }
sub divide { my $days = 0; return number(100, 900) / $days }
sub missing_method { my $slip = Payroll::Slip->new; $slip->archive(number(1, 9)) }
sub undefined_object { my $employee; return $employee->name }
sub not_reference { my $hours = number(10, 90); return @{ $hours } }
sub json { eval { decode_json('{"employee": ' . number(100, 999) . ', "hours": [8, 8, ') } or die "Cannot read hours from the clock: $@" }
sub connects { my $port = 9; IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 2) or die "cannot connect to bank gateway 127.0.0.1:$port: $@" }
sub no_module { require Payroll::Bank::Sepa }
sub bad_eval { my $x = eval 'my $rate = 0.19; $rate *= ;'; die $@ if $@ }
sub thrown { Payroll::Error->throw(message => filled('contract of {p} ended'), period => '2026-' . number(1, 12)) }
sub confessed { confess filled('hours of {p} do not add up: {o} booked, {n} clocked') }
sub chinese { die filled("工资计算失败：员工 {n} 没有银行账户\n") =~ s/\n//r }
sub chained { eval { wage(); 1 } or croak filled('payslip {n} of {p} not written: ') . $@ }
sub several { die filled("error: run {n} refused:\n  {p}: no tax code\n  {p}: negative hours\n") }
sub not_function { no strict 'refs'; my $name = 'bonus_' . number(2020, 2026); return &$name(4) }
sub read_only { for my $rate (1, 2) { $rate = 3 } ; ${\ 'fixed'} = 1 }
sub deep_rule { my $n = shift; return $n ? deep_rule($n - 1) : confess(filled('rule {o} never ends')) }
sub deep { deep_rule(number(8, 40)) }

my @raising = (\&wage, \&slip, \&batch, \&opened, \&divide, \&missing_method, \&undefined_object, \&not_reference, \&json, \&connects, \&no_module,
    \&bad_eval, \&thrown, \&confessed, \&chinese, \&chained, \&several, \&not_function, \&read_only, \&deep);
my @deaths = (\&wage, \&slip, \&batch, \&opened, \&divide, \&missing_method, \&undefined_object, \&json, \&connects, \&no_module, \&bad_eval, \&thrown,
    \&confessed, \&chained, \&several, \&deep, \&not_function);
my @told = ('payslip {n} failed', 'could not close the period of {s}', 'Error in wage run {n}', 'unexpected error, run {n} rolled back', '工资批次 {n} 出错');
my @lines = ('bank gateway refused file {n}: duplicate message id', 'Failed to send payslip {n} to {p}: mailbox full', 'no tax code for {p}',
    'cannot lock period 2026-{o}: already locked by run {n}', '员工 {n} 的工资单发送失败', 'Invalid IBAN for {p}, transfer {n} dropped', 'could not print cheques of {s}: printer offline');
my @multi = ("run {n} of {s} rejected:\n  - {p}: more than 24 hours on one day\n  - {p}: no contract", "transfer {n} failed\n  bank: 4{o}\n  reason: account closed");
my @work = ('wage of {p}: {o} hours', 'payslip {n} sent', 'run {n} closed: {o} payslips, 0 errors', 'period checked, no error found', 'bank file {n} accepted at attempt 2',
    'imported {n} clock times of {s}', 'GET /payslips/{n}/exceptions 200', 'exceptions file is empty, all hours regular', '{s}: failed=0 sent={o}', '工资单 {n} 已发送', 'archived run {n}');
my @warned = ('{p} has {o} days of leave left over', 'run {n} takes longer than usual', 'rate table is {o} days old');

# how it is logged
my $json = JSON::PP->new->canonical;
sub stamp { strftime($_[0], localtime) . sprintf($_[1] // '', (time - int time) * ($_[2] // 1)) }

sub logged {
    my ($level, $text, $line) = @_;
    chomp $text;
    if ($way eq 'log4perl') { print STDERR strftime('%Y/%m/%d %H:%M:%S', localtime), " \U$level\E> payroll.pl:$line main::run - $text\n" }
    elsif ($way eq 'mojo') { print STDERR '[' . stamp('%Y-%m-%d %H:%M:%S', '.%05d', 100_000) . "] [$$] [$level] $text\n" }
    elsif ($way eq 'stamped') { print STDERR '[' . strftime('%a %b %e %H:%M:%S %Y', localtime) . '] payroll.pl: ' . ($level eq 'info' ? '' : "\U$level\E: ") . "$text\n" }
    elsif ($way eq 'stderr') { print STDERR ($level eq 'error' ? pick('ERROR: ', 'payroll: error: ') : '') . "$text\n" }
    elsif ($way eq 'journal') { print STDERR '[' . uc($level) . "] $text\n" }
    else {
        my ($first, @rest) = split /\n/, $text;
        my %of = (time => strftime('%Y-%m-%dT%H:%M:%SZ', gmtime), level => $level, service => 'payroll', message => $first);
        $of{stack} = join "\n", $first, @rest if @rest;
        $of{error} = undef if $level eq 'info' && rand() < 0.3;
        print STDERR $json->encode(\%of) . "\n";
    }
}

sub work {
    for (1 .. number(2, 4)) {
        if (rand() < 0.1 && $way ne 'stderr') { logged('warn', filled(pick(@warned)), __LINE__) }
        else { logged('info', filled(pick(@work)), __LINE__) }
    }
}

sub raised {
    my $what = shift;
    return if eval { $what->(); 1 };
    my $error = "$@";
    my $told = filled(pick(@told));
    if (rand() < 0.4) { $told = $error } else { $told .= ": $error" }
    logged('error', $told, __LINE__);
}

sub jobs {
    srand $seed;
    my @all = ((map { [raised => $_] } @raising), (map { [die => $_] } @deaths), ([line => 0]) x 7, ([lines => 0]) x 2);
    my @key = map { rand } @all;
    return map { $all[$_] } sort { $key[$a] <=> $key[$b] } 0 .. $#all;
}

sub run {
    my @todo = jobs();
    for my $i ($start .. $#todo) {
        srand($seed * 1000 + $i);
        open my $out, '>', $state or die; print $out $i; close $out;
        work();
        say_mark("\2");
        my ($how, $what) = @{ $todo[$i] };
        if ($how eq 'die') { $what->() }
        elsif ($how eq 'line') { logged('error', filled(pick(@lines)), __LINE__) }
        elsif ($how eq 'lines') { logged('error', filled(pick(@multi)), __LINE__) }
        else { raised($what) }
        say_mark("\3");
    }
    work();
    open my $out, '>', $state or die; print $out 'done'; close $out;
}
run();
