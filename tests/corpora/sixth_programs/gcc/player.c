/* Plays messages at stations: GLib and its own way to log. */
#define G_LOG_DOMAIN "Player"
#include "marks.h"
#include <gio/gio.h>

static GError *fail(const char *name) {
  GError *error = NULL;
  if (!strcmp(name, "file")) { char *text; g_file_get_contents("/srv/player/gong.ogg", &text, NULL, &error); }
  if (!strcmp(name, "key")) {
    GKeyFile *file = g_key_file_new();
    g_key_file_load_from_data(file, "[station]\nname=x\n", -1, 0, NULL);
    g_key_file_get_integer(file, "station", "platform", &error);
  }
  if (!strcmp(name, "parse")) { GKeyFile *file = g_key_file_new(); g_key_file_load_from_data(file, "volume 7", -1, 0, &error); }
  if (!strcmp(name, "number")) { guint64 n; g_ascii_string_to_unsigned("12x", 10, 0, 99, &n, &error); }
  if (!strcmp(name, "spawn")) { char *argv[] = {"/usr/bin/gst-play", NULL}; g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, NULL, NULL, NULL, &error); }
  if (!strcmp(name, "status")) { int status; g_spawn_command_line_sync("sh -c 'exit 6'", NULL, NULL, &status, &error); g_spawn_check_wait_status(status, &error); }
  if (!strcmp(name, "shell")) { g_shell_parse_argv("play 'gong", NULL, NULL, &error); }
  if (!strcmp(name, "regex")) { g_regex_new("(gong", 0, 0, &error); }
  if (!strcmp(name, "connect")) { GSocketClient *c = g_socket_client_new(); g_socket_client_connect_to_host(c, "127.0.0.1", 9, NULL, &error); }
  if (!strcmp(name, "resolve")) { g_resolver_lookup_by_name(g_resolver_get_default(), "announce.invalid", NULL, &error); }
  if (!strcmp(name, "delete")) { g_file_delete(g_file_new_for_path("/srv/player/queue"), NULL, &error); }
  if (!strcmp(name, "utf8")) { g_convert("caf\xe9", -1, "UTF-16", "UTF-8", NULL, NULL, &error); }
  return error;
}

static const char *NAMES[] = {"file", "key", "parse", "number", "spawn", "status", "shell", "regex", "connect", "resolve", "delete", "utf8"};

static void healthy(void) {
  unsigned n = chance(9000);
  switch (n % 7) {
    case 0: g_message("announcement %u played", n); break;
    case 1: g_info("0 errors in %u announcements", n); break;
    case 2: g_message("volume of platform %u is %u %%", n % 20, n % 100); break;
    case 3: g_debug("failed=0 retries=%u", n % 3); break;
    case 4: g_info("loudspeaker %u answered at second try", n); break;
    case 5: g_message("text: 'we apologise for the failure of the lift'"); break;
    default: g_debug("error domain registered");
  }
}

int main(int argc, char **argv) {
  sow(argc, argv);
  g_setenv("G_MESSAGES_DEBUG", "all", TRUE);
  if (!strcmp(argv[1], "fall")) {
    for (int i = 0; i < 4; i++) healthy();
    begin();
    if (!strcmp(argv[2], "error")) g_error("no audio device: %s", fail("file")->message);
    if (!strcmp(argv[2], "assert")) g_assert_cmpint(4, ==, 5);
    if (!strcmp(argv[2], "reached")) g_assert_not_reached();
    if (!strcmp(argv[2], "new")) g_malloc(G_MAXSIZE / 2);
  }
  for (int round = 0; round < 2; round++)
    for (unsigned i = 0; i < G_N_ELEMENTS(NAMES); i++) {
      for (int k = chance(6); k > 0; k--) healthy();
      GError *error = fail(NAMES[i]);
      if (!error) continue;
      begin();
      switch (chance(3)) {
        case 0: g_critical("Failed to play: %s", error->message); break;
        case 1: g_critical("announcement %u: %s (%s, %d)", chance(90), error->message, g_quark_to_string(error->domain), error->code); break;
        default: g_printerr("player: ERROR: %s\n", error->message);
      }
      end();
      if (i % 4 == 0) {
        healthy();
        begin();
        switch (chance(3)) {
          case 0: g_object_unref((gpointer)NULL); break;
          case 1: g_hash_table_lookup(NULL, "gong"); break;
          default: g_return_if_fail_warning(G_LOG_DOMAIN, "player_queue_push", "queue != NULL");
        }
        end();
      }
    }
}
