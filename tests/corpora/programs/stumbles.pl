# Falls in other ways than `falls.pl`.
use strict; use warnings;
use Carp;

package BankDown; sub new { my ($class, %with) = @_; bless { %with }, $class } sub throw { my $class = shift; die $class->new(@_) }
use overload '""' => sub { "BankDown: bank $_[0]{bank} is down at $0 line 12.\n" };
package main;

sub ask { confess "bank $_[0] is down\nsince noon" }
sub pay { eval { ask(1) } or croak "cannot pay: $@" }

print STDERR "[2026/11/22 10:01:02] [INFO] cart 17 was opened\n";
my $way = $ARGV[0];
if ($way eq "object") { BankDown->throw(bank => 1) }
elsif ($way eq "pay") { pay() }
elsif ($way eq "module") { require IO::Missing; }
elsif ($way eq "array") { my $tea = "x"; push @{$tea}, 1 }
elsif ($way eq "sprintf") { my $n = undef; die "no tea for order " . ($n // "none") . "\n" if 0; die { code => 12 } if 0; my @a = (); $a[0]->pour }
elsif ($way eq "log") { print log(0) }
elsif ($way eq "sqrt") { print sqrt(-1) }
elsif ($way eq "modulus") { my $z = 0; print 3 % $z }
