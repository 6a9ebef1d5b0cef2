#!/usr/bin/perl
# Tallies votes: Log::Dispatch for the file, and a trace with each die.
use strict;
use warnings;
use lib '.';
use Marks;
use Carp ();
use DBI;
use Encode ();
use Hash::Util ();
use IPC::Open3 ();
use Log::Dispatch;
use Math::BigInt;
use Storable ();
use Socket;
use Type::Params qw(compile);
use Types::Standard qw(Int Str);

my $log = Log::Dispatch->new(
    outputs   => [ [ 'Screen', min_level => 'debug', stderr => 1, newline => 1 ] ],
    callbacks => sub { my %p = @_; my ($s, $m, $h) = localtime; sprintf '[%s] [%s] [pid %d] %s', scalar localtime, $p{level}, $$, $p{message} },
);
my $db = DBI->connect('dbi:SQLite:dbname=:memory:', '', '', { RaiseError => 1, PrintError => 0 });
my $old = DBI->connect('dbi:SQLite:dbname=:memory:', '', '');

my $vote = do { my $check; sub { $check //= compile(Int, Str); my ($n, $name) = $check->(@_); $n } };

my %failures = (
    params   => sub { $vote->('one', 'list 4') },
    thaw     => sub { Storable::thaw('pst0garbage') },
    retrieve => sub { Storable::retrieve('/srv/tally/votes.sto') },
    encode   => sub { Encode::decode('UTF-8', "M\xfcller", Encode::FB_CROAK) },
    unknown  => sub { Encode::encode('latin-99', 'x') },
    open3    => sub { IPC::Open3::open3(my $in, my $out, undef, '/usr/bin/count-votes') },
    bind     => sub { socket my $s, PF_INET, SOCK_STREAM, 0; bind $s, pack_sockaddr_in(81, inet_aton('192.0.2.1')) or die "bind 192.0.2.1:81: $!" },
    import   => sub { List::Util->import('tally') ; eval 'use List::Util "tally"; 1' or die $@ },
    locked   => sub { my %box = (a => 1); Hash::Util::lock_hash(%box); $box{b} = 2 },
    constant => sub { ${ \1 } = 2; my $r = \'list'; $$r = 'x' },
    glob     => sub { my $box; @{ $box->{votes} }[0]->count },
    local    => sub { chdir '/srv/tally/today' or Carp::confess("chdir: $!") },
);

sub healthy {
    my $n = int rand 9000;
    my ($level, $text) = @{ pick(
        [ info => "district $n counted" ], [ info => "errors found: 0" ], [ debug => "box $n opened" ],
        [ notice => "recount of $n finished without failure" ], [ warning => "district $n is late" ],
        [ info => "failed logins today: 0" ], [ warning => "line was busy, dialled again" ], [ info => "exception committee met" ],
    ) };
    $log->log(level => $level, message => $text);
}

if ($ARGV[0] eq 'serve') {
    for my $name (shuffled((keys %failures) x 2)) {
        some_of(\&healthy);
        if (rand() < 0.2) { failure { $old->do('SELECT votes FROM ' . pick(qw(district box card))) }; healthy() }
        my @trace;
        local $SIG{__DIE__} = sub { @trace = split /\n/, Carp::longmess('') };
        eval { $failures{$name}->(); 1 } or do {
            chomp(my $e = $@);
            failure {
                pick(
                    sub { $log->error("votes of district " . int(rand 90) . " lost: $e") },
                    sub { $log->critical("tally stops: $e") },
                    sub { $log->error(join "\n", $e, grep { /\S/ } @trace) },
                    sub { $log->emergency($e) },
                )->();
            };
        };
    }
}
else {
    healthy() for 1 .. 4;
    begin();
    $failures{ $ARGV[1] }->();
}
