# A farm's ledger of Perl's core modules alone, which logs in one of four ways.
use strict;
use warnings;
use utf8;
use Carp qw(croak confess carp cluck);
use POSIX qw(strftime);
use IO::Socket::INET;
use JSON::PP;
use Time::Local;
use Scalar::Util qw(looks_like_number);
use IO::File;
use Storable;
use Encode;

binmode STDOUT, ':utf8';
binmode STDERR, ':utf8';
$| = 1;
my ($way, $mode, $seed) = @ARGV;
srand $seed;
open my $in, '<:utf8', '../ordinary.txt' or die;
chomp(my @ordinary = <$in>);
close $in;
my $bare = $way eq 'bare' || $way eq 'journal';

sub number { return 1000 + int rand 9000 }
sub mark { syswrite STDERR_RAW, "$_[0]\n" }
open STDERR_RAW, '>&', 2 or die;
sub stamp {
    my ($level) = @_;
    my $now = strftime '%Y-%m-%d %H:%M:%S', gmtime;
    return $way eq 'stamped' ? "$now [$$] $level - " : '[' . (strftime '%a %b %e %H:%M:%S %Y', gmtime) . "] [\L$level\E] ";
}
sub error { my ($text) = @_; chomp $text; print STDERR ($bare ? '' : stamp('ERROR')), $text, "\n" }

sub healthy {
    for (1 .. (0, 1, 1, 2, 3, 5)[int rand 6]) {
        my $line = $ordinary[int rand @ordinary] =~ s/\\n/\n/gr;
        my $warns = $line =~ s/^W //;
        if ($bare || $line =~ /\n/ || ($way eq 'mixed' && rand() < 0.5)) { print "$line\n" }
        else { print STDERR stamp($warns ? 'WARN' : 'INFO'), "$line\n" }
    }
}

package Farm::Error {
    use overload '""' => sub { my $s = shift; "Farm::Error: $s->{text} (field $s->{field})" }, fallback => 1;
    sub throw { my ($class, %with) = @_; die bless {%with}, $class }
}

package Farm::Barn {
    sub new { my ($class, %with) = @_; return bless {%with}, $class }
    sub store { my ($self, $what) = @_; Carp::croak("barn $self->{name} is full, $what stays outside") }
    sub weigh { my ($self, @what) = @_; Carp::confess("scale of $self->{name} not calibrated") }
    sub nested { my ($self, $n) = @_; return $n ? $self->nested($n - 1) : $self->weigh({ a => 1 }, [2], 'hay', undef) }
}

package main;
my $barn = Farm::Barn->new(name => 'West');

my %failures = (
    open => sub { my $f = '/srv/farm/' . number(); open my $x, '<', $f or die "Cannot open $f: $!" },
    open_line => sub { open my $x, '>', '/proc/none' or die "cannot write report: $!\n" },
    method => sub { undef->{cow}->milk },
    missing => sub { $barn->plough },
    class => sub { Farm::Tractor->new },
    croak => sub { $barn->store('wheat ' . number()) },
    confess => sub { $barn->weigh(number(), 'hay') },
    nested => sub { $barn->nested(3 + int rand 6) },
    object => sub { Farm::Error->throw(text => 'no seed for ' . number(), field => 7) },
    hash => sub { die { code => 7, why => 'drought' } },
    divide => sub { my $rows = 0; return number() / $rows },
    reference => sub { my $text = 'cow'; return @$text },
    not_hash => sub { my $list = [1]; return $list->{name} },
    not_code => sub { my $call = 'milk_' . number(); no strict 'refs'; return &$call() },
    json => sub { decode_json('{"id": ' . number() . ', "name": }') },
    require => sub { require Farm::Plugin::Weather },
    eval => sub { eval 'my $a = (1 + ; 1' or die $@ },
    eval_strict => sub { eval 'use strict; $field = 1; 1' or die $@ },
    time => sub { timelocal(0, 0, 0, 31, 1, 2026) },
    storable => sub { Storable::retrieve('/none/herd.bin') },
    utf8 => sub { my $menu = "caf\xe9 noir"; decode('UTF-8', $menu, Encode::FB_CROAK) },
    wide => sub { die "Kuh „Bjørg“ 牛 " . number() . " nicht gefunden" },
    lines => sub { die "harvest " . number() . " not valid:\n  - weight: below zero\n  - field: unknown" },
    long => sub { die 'cannot save ' . JSON::PP->new->canonical->encode([map { { id => $_, n => number(), tags => ['a', 'b'] } } 1 .. 70]) },
    rethrown => sub { eval { $barn->store('rye') }; die "market closed: $@" if $@ },
    propagated => sub { eval { die "frost in field 7" }; die if $@ },
    socket => sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1:1', Timeout => 1) or die "connect to dairy failed: $@" },
    child => sub { system('sh', '-c', 'exit 3') == 0 or die 'backup.sh exited with ' . ($? >> 8) },
    alarm => sub { local $SIG{ALRM} = sub { die "milking timed out\n" }; require Time::HiRes; Time::HiRes::ualarm(10_000); select undef, undef, undef, 1; },
    readonly => sub { for my $x (1) { $x = 2 } },
    locked => sub { require Hash::Util; my %h = (a => 1); Hash::Util::lock_keys(%h); $h{b} = 1 },
    sprintf_die => sub { die sprintf "%s: field %d: %s\n", 'ERROR', number(), 'no water' },
    regexp => sub { my $r = '(cow' . number(); return 'x' =~ /$r/ },
    deref_code => sub { my $x; return $x->() },
    sort => sub { my @x = sort { die "cannot compare $a and $b" } 1, 2 },
    array => sub { my @a = (1) x 3; $#a = -1; $a[-1] = number() },
);
my %itself = (
    warn => sub { warn "cannot remove lock of field " . number() . ": Permission denied" },
    uninitialized => sub { my $cow; my $text = "cow $cow is ill" },
    numeric => sub { my $n = '12x' . number(); return $n + 1 },
    carp => sub { sub { carp 'gate ' . number() . ' not closed' }->('north', 3) },
    cluck => sub { sub { cluck 'fence broken at ' . number() }->('south', [1]) },
    told => sub { error('error: feed of ' . number() . ' failed: silo empty') },
    closed => sub { my $fh = IO::File->new_tmpfile; close $fh; print $fh 'milk' },
    cleanup => sub { { package Farm::Gate; sub DESTROY { die "gate jams" } } my $gate = bless {}, 'Farm::Gate'; undef $gate },
    thrown_in_sort => sub { error("FATAL: " . JSON::PP->new->canonical->encode({ error => 'no such herd', herd => number() })) },
);

$SIG{__WARN__} = sub { error($_[0]) } unless $bare;

if ($mode eq 'serve') {
    my @all = (sort(keys %failures), sort(keys %itself));
    for my $at (reverse 1 .. $#all) { my $other = int rand $at + 1; @all[$at, $other] = @all[$other, $at] }
    for my $name (@all) {
        healthy();
        mark("\2");
        if ($failures{$name}) {
            if (!eval { $failures{$name}->(); 1 }) {
                my $why = ref $@ eq 'HASH' ? "code $@->{code}: $@->{why}" : $@;
                error(rand() < 0.4 ? "$name of " . number() . " failed: $why" : ref $@ eq 'HASH' ? "error, $why" : $why);
            }
        }
        else { $itself{$name}->() }
        mark("\3");
    }
    healthy();
}
elsif ($mode eq 'handler') {
    $SIG{__DIE__} = sub { local $SIG{__DIE__}; Carp::confess("ledger falls: $_[0]") };
    healthy();
    mark("\2");
    $barn->nested(2);
}
else {
    healthy();
    mark("\2");
    print STDERR 'loading ledger ... ' if $mode eq 'json';
    $failures{$mode}->();
}
