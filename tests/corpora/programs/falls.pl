# Falls as Perl programs fall: by argument, one way each.
use strict; use warnings;
use Carp qw(croak confess carp cluck);
use POSIX qw(strftime);

sub calm { print STDERR strftime("%Y-%m-%d %H:%M:%S", gmtime), " [INFO] shop: $_[0]\n" }
sub inner { my ($order) = @_; confess "order $order is gone" }
sub outer { inner(@_) }
package Till; sub new { bless {}, shift } sub open { Carp::croak("the till is locked") } package main;

my $way = $ARGV[0];
calm("cart 17 was opened");
if ($way eq "die") { die "cannot charge order 4711" }
elsif ($way eq "errno") { open(my $f, "<", "/etc/shop/missing") or die "cannot open /etc/shop/missing: $!" }
elsif ($way eq "confess") { outer(4711) }
elsif ($way eq "croak") { Till->new->open }
elsif ($way eq "method") { Till->close }
elsif ($way eq "undefined") { ship(4711) }
elsif ($way eq "zero") { my $none = 0; print 1 / $none }
elsif ($way eq "require") { require Shop::Missing }
elsif ($way eq "reference") { my $text = "tea"; print $$text }
elsif ($way eq "eval") { eval { outer(4712) }; print STDERR $@; calm("cart 17 was closed") }
elsif ($way eq "cluck") { cluck "order 4711 is odd"; calm("cart 17 was closed") }
elsif ($way eq "syntax") { eval "sub total { return 1 +; }" or die $@ }
elsif ($way eq "hash") { my %till = (tea => 1); Internals::SvREADONLY(%till, 1); $till{milk} = 2 }
elsif ($way eq "calm-printed") { calm("no error found, 0 errors"); calm("handled line 12 of the order") }
