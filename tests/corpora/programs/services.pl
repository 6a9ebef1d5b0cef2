# What Perl prints when it falls, case by case: the marks (`@@ severity`, `@@ calm`) say what the next lines are.
use strict;
use warnings;
use Carp qw(croak confess cluck carp);
$| = 1;
sub mark { print STDERR "@@ $_[0]\n" }
sub reserve { die "no $_[0] left" }
sub charge { confess "till refuses $_[0]" }
sub order { croak "cannot order $_[0]" }
my %cases = (
    uncaught => sub { reserve("tea") },
    confess => sub { charge("tea") },
    croak => sub { order("tea") },
    undefined => sub { my $cart; $cart->total() },
    missing => sub { require Shop::Missing },
    zero => sub { my $none = 0; print 7 / $none },
    file => sub { open(my $in, "<", "/srv/shop/missing.json") or die "cannot open missing.json: $!" },
    lines => sub { die "shelf A: 3\nshelf B: 0\n" },
    method => sub { Shop->charge() },
    strict => sub { my $name = "tea"; no warnings; my @all = @$name },
    logged => sub {
        for my $item (qw(tea coffee milk)) {
            mark("calm");
            print STDERR "[Sun Nov 22 10:00:00 2026] [info] order of $item received\n";
            mark("error");
            eval { reserve($item) };
            print STDERR "[Sun Nov 22 10:00:00 2026] [error] $@";
            mark("error");
            eval { charge($item) };
            print STDERR "[Sun Nov 22 10:00:00 2026] [error] $@";
        }
    },
);
$cases{$ARGV[0]}->();
