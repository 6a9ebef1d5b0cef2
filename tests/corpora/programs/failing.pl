# Prints what Perl prints: die with a line, confess with a stack.
use Carp qw(confess);
eval { open(my $f, "<", "/etc/shop/missing") or die "cannot open /etc/shop/missing: $!" }; print $@;
sub inner { confess "order 4711 is gone" } sub outer { inner(4711) }
eval { outer() }; print $@;
