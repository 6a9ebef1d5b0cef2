#!/usr/bin/perl
# Courses of an evening school: Mojolicious::Lite with its log, promises and timers.
use Mojolicious::Lite -signatures;
use lib '.';
use Marks;
use Mojo::IOLoop;
use Mojo::JSON qw(decode_json);
use Mojo::Promise;
use Mojo::Template;
use Mojo::UserAgent;
use Mojo::Util ();
use Mojo::Exception;
use Mojo::File qw(path);
use Carp ();

my $log = app->log;
$log->handle(\*STDOUT);
app->mode('production');
$log->level('trace');
$log->short(1) if ($ARGV[0] // '') eq 'short';

my %failures = (
    json     => sub { decode_json('{"course": ') },
    slurp    => sub { path('/srv/courses/rooms.txt')->slurp },
    spew     => sub { path('/proc/courses')->spurt('x') },
    raise    => sub { Mojo::Exception->throw('room 12 is taken') },
    template => sub { my $o = Mojo::Template->new->render('<%= $nothing %>'); die $o if ref $o },
    load     => sub { app->plugin('Enrolment') },
    call     => sub { app->enrol(7) },
    pairs    => sub { Carp::croak('odd number of pupils') },
    arith    => sub { 7 % (3 - 3) },
    refused  => sub { Mojo::UserAgent->new->get('http://127.0.0.1:9/')->result },
    host     => sub { Mojo::UserAgent->new->get('http://courses.invalid/')->result },
    code     => sub { my $c = {}; $c->() },
    splice   => sub { use warnings FATAL => 'all'; my @a = (1); splice @a, 4, 1 },
);

get '/courses' => sub ($c) { $c->render(json => []) };
get '/fail/:what' => sub ($c) { $failures{ $c->param('what') }->(); $c->render(text => 'ok') };

my $ua = Mojo::UserAgent->new;
$ua->server->app(app);

sub healthy {
    my $n = int rand 9000;
    pick(
        sub { $log->info("pupil $n enrolled") },
        sub { $log->debug("0 errors, $n seats") },
        sub { $log->warn("course $n is nearly full") },
        sub { $log->info("payment of pupil $n failed once, succeeded now") },
        sub { $log->trace("cache miss for course $n") },
        sub { $ua->get('/courses') },
        sub { $ua->get('/exceptions') },
        sub { $log->info("course 'Fatal mistakes in chess' begins") },
    )->();
}

sub wait_for ($seconds) { Mojo::IOLoop->timer($seconds => sub { Mojo::IOLoop->stop }); Mojo::IOLoop->start }

for my $name (shuffled((keys %failures) x 2)) {
    some_of(\&healthy);
    my $way = int rand 5;
    if ($way < 2 && $name !~ /refused|host/) { failure { $ua->get("/fail/$name") } }
    elsif ($way == 2) { failure { Mojo::IOLoop->timer(0.01 => $failures{$name}); wait_for(0.05) } }
    elsif ($way == 3) {
        failure { { my $p = Mojo::Promise->timer(0.01)->then($failures{$name}); undef $p } wait_for(0.05) }
    }
    else {
        eval { $failures{$name}->(); 1 } or do {
            my $e = $@;
            failure { pick(sub { $log->error($e) }, sub { $log->fatal("school closes: $e") }, sub { chomp $e; $log->error("course not saved: $e") })->() };
        };
    }
}
