# What a mail program in Perl prints when it falls; like services.pl, written after the code that reads it.
use strict;
use warnings;
use Carp qw(confess croak);
package Post;
sub new { bless {}, shift }
sub send { Carp::confess("no stamps") if $_[1] eq "a"; Carp::croak("no address on $_[1]"); }
package main;
sub outer { Post->new->send(@_) }
my %cases = (
    confessed => sub { outer("a") },
    croaked => sub { outer("b") },
    hash => sub { my $h = []; no warnings; my %all = %$h; },
    code => sub { my $c; $c->() },
    regex => sub { my $p = "("; "x" =~ /$p/ },
    mkdir => sub { mkdir "/srv/shop/a/b/c" or die "mkdir: $!" },
    root => sub { sqrt(-1) },
    eval => sub { eval { die "inner" }; die "outer: $@" if $@ },
);
$cases{$ARGV[0]}->();
