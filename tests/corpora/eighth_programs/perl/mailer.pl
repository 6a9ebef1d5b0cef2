#!/usr/bin/perl
# A mailing service: takes jobs from a queue, logs the ones that fail and goes on, and sometimes dies.
use strict;
use warnings;
use Carp qw(croak confess cluck longmess);
use IO::Socket::INET;
use JSON::PP;
use List::Util qw(shuffle);
use POSIX qw(strftime);
use Time::Local qw(timegm);

my ($way, $seed, $start, $state) = @ARGV;
$| = 1;
STDERR->autoflush(1);

sub begin { syswrite STDERR, "\2\n" }
sub done  { syswrite STDERR, "\3\n" }
sub pick  { $_[int rand @_] }
sub number { 10_000 + int rand 90_000 }

sub say_as {
    my ($level, $text) = @_;
    my $at = time;
    if ($way eq 'log4perl') {
        print STDERR strftime('%Y/%m/%d %H:%M:%S', gmtime $at), " $level> mailer.pl:${\ (caller 0)[2]} main:: - $text\n";
    }
    elsif ($way eq 'logfmt') {
        my $quoted = JSON::PP->new->allow_nonref->encode($text);
        print STDERR 'ts=', strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $at), " level=${\ lc $level} service=mailer msg=$quoted\n";
    }
    elsif ($way eq 'dispatch') {
        print STDERR '[', strftime('%a %b %e %H:%M:%S %Y', gmtime $at), "] [${\ lc $level}] $text\n";
    }
    elsif ($level eq 'INFO') { print "$text\n" }
    else                     { print STDERR "[$level] $text\n" }
}

package Mailer::Error {
    use overload '""' => sub { my $self = shift; "$self->{class}: $self->{text} (code $self->{code})" }, fallback => 1;
    sub throw { my ($class, %with) = @_; die bless {class => $class, %with}, $class }
}

package Mailer::Queue {
    sub take { my ($id) = @_; Carp::croak("message $id is not in the queue") }
    sub deliver { my ($id, $left) = @_; $left ? deliver($id, $left - 1) : Carp::confess("mailbox of message $id is gone") }
}

package main;

sub render { my ($id) = @_; my $template; return $template->render(id => $id) }

my %failures = (
    open     => sub { my $n = number(); open my $file, '<', "/srv/data/mails/$n.eml" or die "Cannot open /srv/data/mails/$n.eml: $!" },
    line_end => sub { die 'template ' . number() . " is empty\n" },
    refused  => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9, Timeout => 2) or die "cannot connect to the relay: $@" },
    zero     => sub { my $sent = 0; my $rate = number() / $sent },
    undefined => sub { render(number()) },
    method   => sub { Mailer::Queue->flush_all },
    package  => sub { Mailer::Archive->new },
    not_ref  => sub { my $list = 'none'; my @all = @$list },
    not_hash => sub { my $list = [1]; my $x = $list->{id} },
    not_code => sub { my $hook; $hook->() },
    function => sub { no strict 'refs'; &{'send_newsletter'}(1) },
    json     => sub { decode_json(pick('{"to": ', '[1,2', '<html>', '{to: 1}')) },
    module   => sub { require Mailer::Transport::Sendgrid },
    croak    => sub { Mailer::Queue::take(number()) },
    confess  => sub { Mailer::Queue::deliver(number(), 2 + int rand 8) },
    confess_here => sub { confess 'no recipients for mailing ' . number() },
    object   => sub { Mailer::Error->throw(text => 'relay answered ' . pick('421 try later', '550 no such user', '554 rejected'), code => 10 + int rand 90) },
    rethrown => sub { eval { Mailer::Queue::take(7) }; die "mailing " . number() . " stopped: $@" },
    propagated => sub { eval { die "disk quota exceeded\n" }; $@ = 'lock lost' if !$@; die },
    eval_text => sub { eval 'my $x = ; 1' or die $@ },
    modify   => sub { for my $x (1) { $x = 2 } },
    date     => sub { timegm(0, 0, 0, 31, 1, 2026) },
    timeout  => sub { local $SIG{ALRM} = sub { die "timed out waiting for the relay\n" }; alarm 1; select undef, undef, undef, 2; alarm 0 },
    lines    => sub { die '3 addresses of list ' . number() . " rejected:\n  row 4: no at sign\n  row 9: unknown domain\n  row 12: empty\n" },
    hash     => sub { use strict; my %mail; Internals::SvREADONLY(%mail, 1); $mail{to} = 1 },
    sprintf  => sub { die sprintf "attachment %s is %.1f MB, limit is 10 MB", number(), 12.4 },
    sort     => sub { die {code => 1}->{text} // 'unknown charset x-' . number() },
    utf8     => sub { require Encode; Encode::decode('UTF-8', "Caf\xe9", Encode::FB_CROAK()) },
    charset  => sub { require Encode; Encode::encode('latin-7', 'x') },
    deep     => sub { my $walk; $walk = sub { $_[0] ? $walk->($_[0] - 1) : confess 'mime parts nested too deeply' }; $walk->(6 + int rand 20) },
);

sub logged {
    my ($name) = @_;
    return if eval { $failures{$name}->(); 1 };
    chomp(my $error = "$@");
    my $text = pick('Sending mail ' . number() . ' failed', 'Error in job ' . number(), 'Could not render mail', 'Unhandled exception');
    begin();
    say_as('ERROR', "$text: $error");
    done();
}

sub traced {
    my $id = number();
    begin();
    say_as('ERROR', longmess("bounce $id cannot be matched"));
    done();
}

sub told {
    my $text = pick('Relay returned 451 for mail #', 'Mail # has no recipient', 'Giving up on mail # after 5 attempts', 'Mail # rejected by the spam filter of the relay',
        'Timed out waiting for the spool lock (mail #)');
    $text =~ s/#/number()/e;
    begin();
    say_as(rand() < 0.2 ? 'FATAL' : 'ERROR', $text);
    done();
}

sub told_in_lines {
    begin();
    say_as('ERROR', 'List ' . number() . " could not be imported:\n  row 2: no at sign\n  row 17: unknown domain");
    done();
}

sub dies {
    my ($name) = @_;
    begin();
    $failures{$name}->();
    die "job returned\n";
}

sub falls_over {
    my ($name) = @_;
    return if eval { $failures{$name}->(); 1 };
    chomp(my $error = "$@");
    begin();
    say_as('FATAL', "Mailer stopped: $error");
    exit 1;
}

my @work = ('Mail # queued for list #', 'Mail # sent in # ms', 'Connected to the relay, session #', 'List # has # recipients', 'Bounce # processed',
    'Spool has # mails', 'Rendered template # for # recipients', 'Rotated archive #');
my @healthy = ('List # imported, 0 errors', 'Self check ok, no error found (#)', 'Relay answered {"id": #, "error": null}', 'GET /help/exceptions/# 200',
    'Mail # delivered on attempt 2 of 3', 'failed: 0, sent: #');

sub work {
    for (1 .. 2 + int rand 3) {
        my $text = pick(rand() < 0.15 ? @healthy : @work);
        $text =~ s/#/number()/eg;
        say_as('INFO', $text);
        say_as('WARN', 'Spool is 80% full') if rand() < 0.05;
    }
}

sub plan {
    my @jobs = ((\&told) x 7, (\&told_in_lines) x 3, (\&traced) x 2);
    my @names = sort keys %failures;
    my @chosen = shuffle @names;
    my $job = sub { my ($call, $name) = @_; sub { $call->($name) } };
    if ($way eq 'stderr' or $way eq 'journal') {
        push @jobs, map { $job->(\&logged, $_) } @chosen[0 .. 17];
        push @jobs, map { $job->(\&dies, $_) } @chosen[6 .. $#chosen];
    }
    else {
        push @jobs, map({ $job->(\&logged, $_) } @names), map { $job->(\&falls_over, $_) } @chosen[0 .. 3];
        push @jobs, map { $job->(\&dies, $_) } @chosen[4 .. 7];
    }
    return shuffle @jobs;
}

srand $seed;
my @jobs = plan();
say_as('INFO', "mailer 1.$seed starting");
say_as('INFO', 'Spool opened');
for my $number ($start .. $#jobs) {
    open my $file, '>', $state or die $!;
    print $file $number;
    close $file;
    srand $seed * 1000 + $number;
    work();
    $jobs[$number]->();
}
say_as('INFO', 'Queue drained, stopping');
open my $file, '>', $state or die $!;
print $file 'done';
