package Marks;

# Marks in the log what tells of a failure; whoever falls writes nothing behind.
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(begin failure pick shuffled some_of);

$| = 1;
srand(unpack '%32C*', "$0 @ARGV");

sub begin { syswrite STDOUT, "\2\n" }

sub failure(&) {
    my $tell = shift;
    begin();
    $tell->();
    syswrite STDOUT, "\3\n";
}

sub pick { $_[ rand @_ ] }

sub shuffled {
    my @of = sort @_;
    for my $i (reverse 1 .. $#of) { my $j = int rand($i + 1); @of[ $i, $j ] = @of[ $j, $i ] }
    return @of;
}

sub some_of { my $say = shift; $say->() for 1 .. int rand 6 }

1;
