#!/usr/bin/perl
# An interface to a catalogue of plants: Dancer2 below a PSGI handler, with its console logger.
package Plants;
use strict;
use warnings;
use lib '.';
use Marks;
use Dancer2;
use DBI;
use HTTP::Tiny;

set logger      => 'console';
set log         => 'debug';
set show_errors => 0;
set serializer  => 'JSON';

my $db = DBI->connect('dbi:SQLite:dbname=:memory:', '', '', { RaiseError => 1, PrintError => 0 });
$db->do('CREATE TABLE plant (id INTEGER PRIMARY KEY, name TEXT NOT NULL)');

my %failures = (
    table     => sub { $db->do('DELETE FROM seeds') },
    null      => sub { $db->do('INSERT INTO plant (id) VALUES (4)') },
    syntax    => sub { $db->selectall_arrayref('SELECT FROM plant') },
    method    => sub { my $plant = { id => 4 }; $plant->water },
    hash      => sub { my $plant = [1]; $plant->{name} },
    json      => sub { from_json('{"id": 4') },
    croak     => sub { Carp::croak('bed 7 is full') },
    function  => sub { no strict 'refs'; &{'grow'}(4) },
    file      => sub { open my $f, '>', '/srv/plants/out' or die "Can't write /srv/plants/out: $!" },
    numeric   => sub { use warnings FATAL => 'all'; 1 + 'seven' },
    undefined => sub { use warnings FATAL => 'all'; my $n; "bed $n" },
    exec      => sub { use warnings FATAL => 'all'; exec '/usr/bin/sprinkle' },
    sqrt      => sub { sqrt(-4) },
);

get '/plants' => sub { return [] };
get '/fail/:what' => sub { $failures{ route_parameters->get('what') }->() };

my $app = __PACKAGE__->to_app;

sub ask {
    my $path = shift;
    open my $in, '<', \'';
    my %env = (
        REQUEST_METHOD => 'GET', PATH_INFO => $path, SCRIPT_NAME => '', SERVER_NAME => 'x', SERVER_PORT => 80,
        SERVER_PROTOCOL => 'HTTP/1.1', REMOTE_ADDR => '10.0.0.7', QUERY_STRING => '', 'psgi.version' => [ 1, 1 ],
        'psgi.input' => $in, 'psgi.errors' => \*STDERR, 'psgi.url_scheme' => 'http', REQUEST_URI => $path,
    );
    my $answer = $app->(\%env);
    print STDERR '10.0.0.7 - - "GET ', $path, '" ', $answer->[0], "\n" if $ENV{ACCESS};
}

sub healthy {
    my $n = int rand 9000;
    pick(
        sub { info "plant $n watered" },
        sub { info "0 errors in bed $n" },
        sub { debug "SELECT name FROM plant WHERE id = $n" },
        sub { ask('/plants') },
        sub { ask('/plants/error') },
        sub { warning "bed $n is dry" },
        sub { warning "pump failed to start, retrying" },
        sub { info "pump started" },
        sub { info "exceptions to watering: 3" },
    )->();
}

for my $name (shuffled((keys %failures) x 2)) {
    some_of(\&healthy);
    if (rand() < 0.6) { failure { ask("/fail/$name") } }
    else {
        eval { $failures{$name}->(); 1 } or do {
            chomp(my $e = $@);
            failure { pick(sub { error "plant not saved: $e" }, sub { error $e })->() };
        };
    }
}
