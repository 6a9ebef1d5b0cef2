package org.sample;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Preconditions;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.CacheLoader;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Collects feeds: Log4j 2, Jackson, Guava, the client for HTTP of the JDK. */
public final class Feeds {
    static final Logger log = LogManager.getLogger(Feeds.class);
    static final Logger parser = LogManager.getLogger("org.sample.feeds.parse.Parser");
    static final Map<String, Marks.Work> failures = new LinkedHashMap<>();
    static final ObjectMapper json = new ObjectMapper();
    static final HttpClient http = HttpClient.newHttpClient();

    public static final class Item { public int id; public String title; }

    static {
        failures.put("cut", () -> json.readTree("{\"items\": [1, 2"));
        failures.put("token", () -> json.readValue("{'id': 3}", Item.class));
        failures.put("field", () -> json.readValue("{\"id\": 3, \"link\": \"x\"}", Item.class));
        failures.put("type", () -> json.readValue("{\"id\": \"three\"}", Item.class));
        failures.put("refused", () -> http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:9/rss")).build(), BodyHandlers.ofString()));
        failures.put("uri", () -> URI.create("http://feeds example org/"));
        failures.put("argument", () -> Preconditions.checkArgument(false, "feed %s has no title", 17));
        failures.put("map", () -> ImmutableMap.of("a", 1, "a", 2));
        failures.put("one", () -> Iterables.getOnlyElement(List.of(1, 2)));
        failures.put("cache", () -> CacheBuilder.newBuilder().build(CacheLoader.from(k -> Integer.parseInt("x" + k))).get("k"));
        failures.put("executed", () -> {
            var pool = Executors.newSingleThreadExecutor();
            try { pool.submit(() -> json.readTree("[,]")).get(); } finally { pool.shutdown(); }
        });
        failures.put("rejected", () -> { var pool = Executors.newCachedThreadPool(); pool.shutdown(); pool.submit(() -> 1); });
        failures.put("pattern", () -> Pattern.compile("feed[0-9"));
        failures.put("deep", () -> deep(0));
        failures.put("interrupted", () -> { Thread.currentThread().interrupt(); Thread.sleep(5); });
        failures.put("rethrown", () -> {
            try { Integer.parseInt("twelve"); } catch (NumberFormatException e) {
                try { throw new IllegalStateException("feed 3: bad ttl", e); } catch (IllegalStateException f) {
                    throw new Exception("collecting stopped", f);
                }
            }
        });
    }

    static int deep(int n) { return n > 15 ? Integer.parseInt("level " + n) : deep(n + 1) + 1; }

    static void healthy() {
        int n = Marks.chance.nextInt(9000);
        switch (n % 9) {
            case 0 -> log.info("feed {} fetched in {} ms", n, n % 300);
            case 1 -> parser.debug("{} items, {} errors", n % 40, 0);
            case 2 -> log.warn("feed {} moved permanently", n);
            case 3 -> log.info("feed {}: failed=false", n);
            case 4 -> parser.info("item 'How I handled a NullPointerException' stored");
            case 5 -> log.info("timeout for feed {} raised to 30 s", n);
            case 6 -> parser.warn("feed {} has no description", n);
            case 7 -> log.debug("error page cache: {} hits", n);
            default -> log.info("second try of feed {} worked", n);
        }
    }

    static void tell(Throwable e) {
        int n = Marks.chance.nextInt(900);
        switch (Marks.chance.nextInt(5)) {
            case 0 -> log.error("feed {} could not be read", n, e);
            case 1 -> parser.error("feed {}: {}", n, e.getMessage());
            case 2 -> log.fatal("collector stops", e);
            case 3 -> parser.warn("skipping feed {} after exception", n, e);
            default -> log.catching(e);
        }
    }

    public static void main(String[] args) throws Throwable {
        if (args[0].equals("fall")) {
            for (int i = 0; i < 4; i++) healthy();
            Marks.fall(failures, args[1]);
        }
        for (String name : Marks.shuffled(failures, 2)) {
            for (int i = Marks.chance.nextInt(6); i > 0; i--) healthy();
            try { failures.get(name).run(); } catch (Throwable e) { Marks.failure(() -> tell(e)); }
        }
        System.exit(0);
    }
}
