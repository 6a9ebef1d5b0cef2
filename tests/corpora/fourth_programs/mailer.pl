#!/usr/bin/perl
# A mailer that fails: `mailer.pl WAY FAILURE`.
use strict;
use warnings;
use utf8;
use Carp qw(croak confess cluck carp);
use IO::Handle;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(strftime);
binmode STDERR, ':utf8';
binmode STDOUT, ':utf8';
STDOUT->autoflush(1);
STDERR->autoflush(1);

our ($way, $failure) = @ARGV;
our @HEALTHY = (
    [ info => 'mailer 4.2 ready, queue=/srv/mailer/queue' ],
    [ warn => 'greylisted by mx2.example.org, will retry in 300 s' ],
    [ info => 'sent 12 mails, bounced=0 errors=0' ],
    [ info => 'template error.tt loaded' ],
    [ debug => 'HELO mailer.example.org -> 250' ],
);
sub mark { my $byte = shift; print STDERR chr($byte) . "\n"; }

package Mailer::Error { sub new { my ($class, %of) = @_; bless {%of}, $class } sub throw { my $class = shift; die $class->new(@_) } }
package Mailer::Error::Bounce {
    our @ISA = ('Mailer::Error');
    use overload '""' => sub { "Bounce: $_[0]{address} said \"$_[0]{said}\" at queue $_[0]{queue}" }, fallback => 1;
}
package main;

sub find_template { confess "template 'Grüße' not found: tried a.tt, b.tt" }
sub render { find_template(@_) }
my %FAILURES = (
    undefined_method => sub { my $mail; $mail->send },
    unblessed => sub { my $mail = {}; $mail->send },
    no_method => sub { IO::Socket::INET->sendmail },
    no_module => sub { require Mailer::Transport::Pigeon },
    divide => sub { my $none = 0; 1 / $none },
    not_array => sub { my $list = 'abc'; my @all = @$list },
    not_code => sub { my $code; $code->() },
    no_sub => sub { deliver_now(1) },
    read_only => sub { for my $x (1) { $x = 2 } },
    open_missing => sub { open my $file, '<', '/srv/mailer/etc/relay.conf' or die "Cannot open /srv/mailer/etc/relay.conf: $!" },
    denied => sub { open my $file, '<', '/srv' . '/mailer/key.pem' or die "Can't read key.pem: $!\n" },
    refused => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:1') or die "connect to smtp 127.0.0.1:1 failed: $@" },
    json => sub { decode_json('{"to": [1,]') },
    croaked => sub { croak 'recipient missing' },
    confessed => sub { render({ to => 'ana@example.org' }, [1, 2], 'x y') },
    bounced => sub { Mailer::Error::Bounce->throw(address => 'a@b.c', said => '550 no such user', queue => 7) },
    rethrown => sub { eval { decode_json('nope') ; 1 } or die "mail 12 not parsed: $@" },
    chained => sub { eval { eval { my $m; $m->x; 1 } or die "step 2: $@"; 1 } or die "step 1 failed: $@" },
    many_lines => sub { die "Invalid mail:\n  to: missing\n  subject: too long\n" },
    regex => sub { my $bad = '(ab'; 'x' =~ /$bad/ },
    alarmed => sub { local $SIG{ALRM} = sub { die "timeout after 1 s" }; alarm 1; select undef, undef, undef, 3; },
    syntax => sub { eval 'my $x = ; 1' or die $@ },
    strict_refs => sub { my $name = 'queue'; no warnings; my $x = $$name; },
    number => sub { die { code => 42 } },
    utf8 => sub { require Encode; Encode::decode('UTF-8', "caf\xe9", Encode::FB_CROAK()) },
);
sub deliver { my ($id, $to) = @_; $FAILURES{$failure}->() }

sub logged {
    my ($log, $say) = @_;
    my $at = length($failure) % 3;
    $log->(@$_) for @HEALTHY[ $at .. 4 ];
    eval { deliver(12, 'ana@example.org'); 1 } or do { my $error = $@; mark(2); $say->($error); mark(3); };
    $log->(@$_) for @HEALTHY[ 0 .. 1 ];
}
sub now { strftime('%Y-%m-%d %H:%M:%S', localtime) }

my %WAYS = (
    uncaught => sub { print STDERR "$$_[1]\n" for @HEALTHY[ length($failure) % 3 .. 4 ]; mark(2); deliver(12, 'ana@example.org') },
    uncaught_stamped => sub { print STDERR now() . " $$_[1]\n" for @HEALTHY[ length($failure) % 3 .. 4 ]; mark(2); deliver(12, 'ana@example.org') },
    carp_always => sub { $SIG{__DIE__} = \&Carp::confess; print STDERR "$$_[1]\n" for @HEALTHY[ length($failure) % 3 .. 4 ]; mark(2); deliver(12, 'ana@example.org') },
    warned => sub { logged(sub { print STDERR "[$_[0]] $_[1]\n" }, sub { my $e = shift; chomp $e; print STDERR "[error] mail 12 failed: $e\n" }) },
    stamped => sub { logged(sub { print STDERR now() . " [$$] " . uc($_[0]) . " $_[1]\n" }, sub { my $e = shift; chomp $e; print STDERR now() . " [$$] ERROR $e\n" }) },
    log4perl_easy => sub { require Log::Log4perl; Log::Log4perl->import(':easy'); Log::Log4perl->easy_init();
        my $l = Log::Log4perl->get_logger(); logged(sub { my $m = $_[0]; $l->$m($_[1]) }, sub { my $e = shift; chomp $e if !ref $e; $l->error("mail 12 failed: $e") }) },
    log4perl_pattern => sub { require Log::Log4perl;
        Log::Log4perl->init(\ "log4perl.rootLogger=DEBUG, S\nlog4perl.appender.S=Log::Log4perl::Appender::Screen\nlog4perl.appender.S.layout=PatternLayout\nlog4perl.appender.S.layout.ConversionPattern=%d %p> %F{1}:%L %M - %m%n\n");
        my $l = Log::Log4perl->get_logger('Mailer.Queue'); logged(sub { my $m = $_[0]; $l->$m($_[1]) }, sub { my $e = shift; chomp $e if !ref $e; $l->error($e) }) },
    log4perl_simple => sub { require Log::Log4perl;
        Log::Log4perl->init(\ "log4perl.rootLogger=DEBUG, S\nlog4perl.appender.S=Log::Log4perl::Appender::Screen\nlog4perl.appender.S.layout=SimpleLayout\n");
        my $l = Log::Log4perl->get_logger('Mailer'); logged(sub { my $m = $_[0]; $l->$m($_[1]) }, sub { my $e = shift; chomp $e if !ref $e; $l->error("mail 12: $e") }) },
    mojo => sub { require Mojo::Log; my $l = Mojo::Log->new; logged(sub { my $m = $_[0]; $l->$m($_[1]) }, sub { my $e = shift; chomp $e if !ref $e; $l->error($e) }) },
    mojo_app => sub { require Mojolicious; require Test::Mojo; my $app = Mojolicious->new; $app->mode('production'); $app->log->level('info');
        $app->routes->get('/mail' => sub { mark(2); deliver(1); });
        $app->log->info($$_[1]) for @HEALTHY; Test::Mojo->new($app)->ua->get('/mail'); mark(3); $app->log->info($HEALTHY[0][1]); },
    mojo_exception => sub { require Mojo::Log; require Mojo::Exception; my $l = Mojo::Log->new; logged(sub { my $m = $_[0]; $l->$m($_[1]) }, sub { my $e = shift; $l->error(Mojo::Exception->new("$e")->trace->verbose(0)->to_string) }) },
    dispatch => sub { require Log::Dispatch; my $l = Log::Dispatch->new(outputs => [ [ 'Screen', min_level => 'debug', newline => 1, stderr => 1 ] ], callbacks => sub { my %p = @_; now() . " $p{level}: $p{message}" });
        logged(sub { $l->log(level => ($_[0] eq 'warn' ? 'warning' : $_[0]), message => $_[1]) }, sub { my $e = shift; chomp $e if !ref $e; $l->error("mail 12 failed: $e") }) },
    json => sub { logged(sub { print STDERR encode_json({ level => $_[0], msg => $_[1], time => now() }), "\n" }, sub { print STDERR encode_json({ level => 'error', msg => 'mail 12 failed', time => now(), error => "$_[0]" }), "\n" }) },
    cluck => sub { logged(sub { print STDERR "$_[1]\n" }, sub { my $e = shift; chomp $e if !ref $e; Carp::cluck("mail 12 failed: $e") }) },
);
$WAYS{$way}->();
