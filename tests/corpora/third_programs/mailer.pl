#!/usr/bin/perl
# A mailer: `mailer.pl WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
use strict;
use warnings;
use Carp qw(croak confess cluck carp longmess);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(strftime);

$| = 1;
open STDOUT, '>&', \*STDERR;
sub mark { syswrite STDERR, "$_[0]\n" }
sub begin { mark("\x02") }
sub finish { mark("\x03") }

package Mail::Queue {
    use Carp qw(croak confess);
    sub new { my ($class, %of) = @_; croak "spool is required" unless $of{spool}; return bless {%of}, $class }
    sub push { my ($self, $letter) = @_; confess "letter has no recipient" unless $letter->{to}; return 1 }
    sub take { my ($self) = @_; return $self->{store}->next }
}

package Mail::Error {
    use overload '""' => sub { "$_[0]{code}: $_[0]{text} at $_[0]{place}\n" };
    sub throw { my ($class, %of) = @_; die bless {%of, place => "relay " . $of{relay}}, $class }
}

package main;

my %cases = (
    open_config => sub { open my $in, '<', '/etc/mailer/mailer.conf' or die "Cannot open /etc/mailer/mailer.conf: $!" },
    connect     => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:9', Timeout => 1) or die "connect to relay failed: $@" },
    json        => sub { decode_json('{"to": "ann", "retries": }') },
    undef_call  => sub { Mail::Queue->new(spool => '/var/spool/mailer')->take },
    no_method   => sub { Mail::Queue->new(spool => '/var/spool/mailer')->flush },
    croaked     => sub { Mail::Queue->new },
    confessed   => sub { Mail::Queue->new(spool => '/var/spool/mailer')->push({ subject => 'hi' }) },
    zero        => sub { my @sent = (); return 100 / @sent },
    not_array   => sub { my $row = { id => 17 }; return $row->[0] },
    no_module   => sub { require Mail::Transport::Smtps },
    object      => sub { Mail::Error->throw(code => 421, text => 'Service not available', relay => 'mx1') },
    full        => sub { open my $out, '>', '/dev/full' or die; print $out "letter"; close $out or die "write to spool: $!" },
    newline     => sub { die "[mailer] template 'welcome' is missing\n" },
    alarm       => sub { local $SIG{ALRM} = sub { die "timeout waiting for relay\n" }; require Time::HiRes; Time::HiRes::ualarm(20_000); select undef, undef, undef, 1 },
    rmdir       => sub { rmdir '/proc' or die "Can't remove spool: $!" },
    strict      => sub { no warnings; my $name = 'x'; my @all = @$name; },
    child       => sub { system('false', '--rotate') == 0 or die "logrotate exited with ${\($? >> 8)}" },
    evaled      => sub { eval 'my $x = ; 1' or die $@ },
    rethrown    => sub { eval { Mail::Queue->new } or die "startup: $@" },
    undef_sub   => sub { no strict 'refs'; &{"main::render_welcome"}(17) },
);
my @chatter = (
    [INFO  => 'delivered letter 871 to mx1 in 31 ms'],
    [INFO  => 'queue: waiting=3 sent=120 errors=0'],
    [WARN  => 'relay mx2 is slow (1840 ms), using mx1'],
    [INFO  => 'loaded 12 templates, 0 failed'],
    [DEBUG => 'error template is templates/error.tt'],
    [INFO  => 'bounce report: no errors'],
    [WARN  => 'letter 17 was deferred, next try in 300 s'],
);
my $json = JSON::PP->new->canonical;
my %layouts = (
    log4perl => sub { strftime('%Y/%m/%d %H:%M:%S', localtime) . " $_[0] Mailer.Queue $_[1]" },
    stamped  => sub { '[' . localtime() . "] [$$] " . lc($_[0]) . ": $_[1]" },
    dispatch => sub { strftime('%b %d %H:%M:%S', localtime) . " mailer[$$]: [$_[0]] $_[1]" },
    mojo     => sub { '[' . strftime('%Y-%m-%d %H:%M:%S', localtime) . ".18231] [$$] [" . lc($_[0]) . "] $_[1]" },
    json     => sub { $json->encode({ level => $_[0], message => $_[1], time => time, error => $_[0] eq 'ERROR' ? $_[1] : undef }) },
    plain    => sub { $_[0] eq 'INFO' ? $_[1] : "$_[0]: $_[1]" },
);
sub logger { my ($way) = @_; my $layout = $layouts{$way} || $layouts{log4perl}; return sub { my $text = $layout->(@_); $text =~ s/\n+\z//; print STDERR "$text\n" } }

my @ways = ((sort keys %layouts), qw(mentioned died bare_die warned handler stamped_die cgi stack dies));
if ($ARGV[0] eq 'list') { syswrite STDERR, "@ways\n" . join(' ', sort keys %cases) . "\n"; exit }
my ($way, $name) = @ARGV;
my $log  = logger($way);
my $seed = unpack '%32C*', $way . $name;
$log->(@{ $chatter[($seed + $_) % 7] }) for 0 .. 2;
my $run = $cases{$name};

if ($way eq 'died') { begin(); $run->() }
elsif ($way eq 'bare_die') { open my $in, '<', $0; my $line = <$in>; begin(); $run->() }
elsif ($way eq 'warned') { eval { $run->(); 1 } or do { begin(); warn "job 17 failed: $@"; finish() } }
elsif ($way eq 'stamped_die') {
    local $SIG{__DIE__} = sub { die $_[0] if $^S; die strftime('[%Y-%m-%d %H:%M:%S] FATAL: ', localtime) . $_[0] };
    begin(); $run->();
}
elsif ($way eq 'cgi') {
    local $SIG{__DIE__} = sub { die $_[0] if $^S; my $text = $_[0]; die '[' . localtime() . "] mailer.cgi: $text" };
    begin(); $run->();
}
elsif ($way eq 'handler') { local $SIG{__DIE__} = sub { return if $^S; begin(); print STDERR strftime('%Y/%m/%d %H:%M:%S', localtime), " FATAL Mailer died: $_[0]"; finish(); exit 1 }; $run->() }
elsif ($way eq 'stack') { local $SIG{__DIE__} = sub { return if $^S; begin(); Carp::cluck("ERROR: $_[0]"); finish(); exit 1 }; $run->() }
elsif ($way eq 'dies') { eval { $run->(); 1 } or do { my $why = $@; begin(); $log->(ERROR => 'mailer cannot go on, exiting'); finish(); begin(); die $why } }
elsif ($way eq 'mentioned') { eval { $run->(); 1 } or do { my ($first) = split /\n/, "$@"; begin(); $log->(ERROR => "giving up on letter 17: $first"); finish() } }
else { eval { $run->(); 1 } or do { begin(); $log->(ERROR => "could not send letter 17: $@"); finish() } }
$log->(@{ $chatter[($seed + $_) % 7] }) for 4, 5;
