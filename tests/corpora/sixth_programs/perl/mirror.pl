#!/usr/bin/perl
# Mirrors an archive: warn, die, carp and nothing else, under the journal.
use strict;
use warnings;
use lib '.';
use Marks;
use Carp qw(carp croak cluck confess);
use File::Copy qw(copy);
use File::Path qw(make_path);
use POSIX ();
use threads;
use XML::LibXML;

my %failures = (
    open    => sub { open my $f, '<', '/srv/mirror/Packages' or die "mirror: cannot open /srv/mirror/Packages: $!\n" },
    opendir => sub { opendir my $d, '/srv/mirror/pool' or die "opendir pool: $!" },
    copy    => sub { copy('/srv/mirror/a', '/srv/mirror/b') or die "copy failed: $!" },
    mkdir   => sub { make_path('/proc/mirror/pool') },
    full    => sub { open my $f, '>', '/dev/full'; print {$f} 'x' x 9000; close $f or die "write to pool: $!" },
    child   => sub { system('sh', '-c', 'exit 7') == 0 or die "rsync exited with ", $? >> 8 },
    killed  => sub { system('sh', '-c', 'kill -9 $$') == 0 or die "gpgv died of signal ", $? & 127, "\n" },
    xml     => sub { XML::LibXML->load_xml(string => "<release>\n <suite>bookworm\n</release>") },
    sum     => sub { croak 'checksum of main/Packages.xz differs' },
    trace   => sub { confess('index 4 is empty') },
    hash    => sub { my $x = 'pool'; keys %{$x} },
    limit   => sub { local $SIG{ALRM} = sub { die "timeout after 1 s\n" }; alarm 1; sleep 3 },
    deep    => sub { fetch(0) },
    sprintf => sub { use warnings FATAL => 'all'; sprintf '%d of %d', 1 },
    number  => sub { use warnings FATAL => 'all'; my $size = '12k'; $size * 2 },
);

sub fetch { my $level = shift; $level > 4 ? confess('redirect loop') : fetch($level + 1) }

sub healthy {
    my $n = int rand 9000;
    print pick(
        "fetched pool/main/e/errors-$n.deb\n",
        "mirror: $n files unchanged\n",
        "retrying after failure: ok\n",
        "$n signatures checked, 0 bad, 0 errors\n",
        "removed $n old files\n",
        "verifying pool/main/libe/liberror-perl ... ok\n",
        "next run in $n s\n",
        "skipped dist 'experimental' (not an error)\n",
    );
}

if ($ARGV[0] eq 'serve') {
    for my $name (shuffled((keys %failures) x 2)) {
        healthy();
        some_of(\&healthy);
        if (rand() < 0.15) { failure { threads->create($failures{$name})->join }; next }
        eval { $failures{$name}->(); 1 } or do {
            my $e = $@;
            failure {
                pick(
                    sub { warn $e },
                    sub { print STDERR "ERROR: $e" },
                    sub { chomp $e; warn "mirror: run failed: $e\n" },
                    sub { local $Carp::CarpLevel = 0; chomp $e; cluck "giving up on suite: $e" },
                )->();
            };
        };
    }
}
else {
    healthy() for 1 .. 4;
    begin();
    POSIX::abort() if $ARGV[1] eq 'abort';
    $failures{ $ARGV[1] }->();
}
