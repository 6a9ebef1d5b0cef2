#!/usr/bin/perl
# Sends letters of a list: Log::Log4perl, Moose, Try::Tiny, templates of its own.
package Letter;
use Moose;
use Moose::Util::TypeConstraints;
subtype 'Address', as 'Str', where { /@/ }, message { "'$_' is no address" };
has to     => (is => 'ro', isa => 'Address', required => 1);
has copies => (is => 'rw', isa => 'Int', default => 1);
sub send { my $self = shift; Carp::confess("no relay accepts " . $self->to) }

package Mailer::Error;
use Moose;
use overload '""' => sub { 'Mailer::Error: ' . $_[0]->text };
has text => (is => 'ro');
sub throw { my ($class, $text) = @_; die $class->new(text => $text) }

package main;
use strict;
use warnings;
use lib '.';
use Marks;
use Carp ();
use IO::Socket::INET;
use JSON::PP;
use Log::Log4perl qw(:levels);
use Try::Tiny;
use Time::Local qw(timegm);

Log::Log4perl->init(\<<'CONF');
log4perl.rootLogger = DEBUG, Screen
log4perl.appender.Screen = Log::Log4perl::Appender::Screen
log4perl.appender.Screen.stderr = 0
log4perl.appender.Screen.layout = Log::Log4perl::Layout::PatternLayout
log4perl.appender.Screen.layout.ConversionPattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %c (%P): %m%n
CONF
my $log  = Log::Log4perl->get_logger('mailer.queue');
my $smtp = Log::Log4perl->get_logger('mailer.smtp');

my %failures = (
    address  => sub { Letter->new(to => 'nobody') },
    missing  => sub { Letter->new },
    copies   => sub { Letter->new(to => 'a@b')->copies('three') },
    confess  => sub { Letter->new(to => 'a@example.org')->send },
    object   => sub { Mailer::Error->throw('list is locked by editor 4') },
    json     => sub { decode_json('{"to": [}') },
    refused  => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:9', Timeout => 1) or die "cannot reach relay: $@\n" },
    open     => sub { open my $in, '<', '/srv/mailer/list.txt' or die "list.txt: $!" },
    method   => sub { my $letter = Letter->new(to => 'a@b'); $letter->fold },
    undef    => sub { my $letter; $letter->send },
    divide   => sub { my %sent = (all => 0); 100 / $sent{all} },
    module   => sub { require Mailer::Relay::Legacy },
    regex    => sub { my $pattern = '(open'; 'x' =~ /$pattern/ },
    date     => sub { timegm(0, 0, 0, 31, 10, 2026) },
    ref      => sub { my $letter = 'text'; push @{$letter}, 1 },
    eval     => sub { eval 'sub { ' or die "template 7: $@" },
    lines    => sub { die "relay said:\n550 5.7.1 rejected\n550 see postmaster\n" },
);

sub healthy {
    my $n = int rand 9000;
    pick(
        sub { $log->info("letter $n queued") },
        sub { $log->debug("bounces: 0, errors: 0, sent: $n") },
        sub { $smtp->info("relay accepted letter $n (250 Ok)") },
        sub { $smtp->warn("relay defers letter $n, trying again in 60 s") },
        sub { $smtp->info("letter $n went out at second try") },
        sub { $log->info("subject 'Error in your order' has $n readers") },
        sub { $log->warn("list has $n duplicates") },
        sub { $log->debug('die handler installed') },
    )->();
}

sub report {
    my $error = shift;
    my $n     = int rand 900;
    pick(
        sub { $log->error("letter $n not sent: $error") },
        sub { $log->error($error) },
        sub { $smtp->fatal("queue stops: $error") },
        sub { $log->error("Brief $n konnte nicht versandt werden: $error") },
        sub { $log->error(Carp::longmess("letter $n: $error")) },
    )->();
}

if ($ARGV[0] eq 'serve') {
    for my $name (shuffled((keys %failures) x 2)) {
        some_of(\&healthy);
        try { $failures{$name}->() } catch { chomp(my $e = $_); failure { report($e) } };
    }
}
else {
    healthy() for 1 .. 4;
    begin();
    $failures{ $ARGV[1] }->();
}
