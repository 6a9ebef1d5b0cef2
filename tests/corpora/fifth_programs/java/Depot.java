package com.example.depot;

import java.io.*;
import java.math.BigDecimal;
import java.net.*;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.nio.charset.*;
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;
import java.util.regex.Pattern;
import java.util.stream.*;

/** A depot's service: {@code Depot WAY START STEP}, or {@code Depot fall FAILURE}, or {@code Depot names}. */
public class Depot {
    interface Failing {
        Object run() throws Exception;
    }

    static class DepotException extends RuntimeException {
        DepotException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static class OutOfStockException extends Exception {
        final int item;

        OutOfStockException(int item) {
            super("item " + item + " is out of stock");
            this.item = item;
        }
    }

    static class Lease implements AutoCloseable {
        @Override
        public void close() throws IOException {
            throw new IOException("lease could not be given back");
        }
    }

    record Parcel(String address, int weight) {
        Parcel {
            Objects.requireNonNull(address, "address");
        }
    }

    enum State { OPEN, SENT }

    static final Map<String, Failing> FAILURES = new LinkedHashMap<>();
    static final Random CHANCE = new Random();
    static Parcel none;

    static int depth(int n) {
        return depth(n + 1) + 1;
    }

    static {
        FAILURES.put("missing", () -> new FileInputStream("/var/lib/depot/stock.csv"));
        FAILURES.put("missingNio", () -> Files.readString(Path.of("/var/lib/depot/stock.csv")));
        FAILURES.put("directory", () -> Files.readAllBytes(Path.of("/etc")));
        FAILURES.put("exists", () -> Files.createDirectory(Path.of("/etc")));
        FAILURES.put("notEmpty", () -> {
            Files.delete(Path.of("/etc"));
            return null;
        });
        FAILURES.put("full", () -> Files.writeString(Path.of("/dev/full"), "x"));
        FAILURES.put("denied", () -> Files.createFile(Path.of("/proc/depot.lock")));
        FAILURES.put("refused", () -> new Socket("127.0.0.1", 9));
        FAILURES.put("refusedUrl", () -> new URL("http://127.0.0.1:9/stock").openStream());
        FAILURES.put("refusedHttp", () -> HttpClient.newHttpClient().send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:9/stock")).build(), HttpResponse.BodyHandlers.ofString()));
        FAILURES.put("socketSlow", () -> {
            try (ServerSocket server = new ServerSocket(0); Socket client = new Socket("127.0.0.1", server.getLocalPort())) {
                client.setSoTimeout(30);
                return client.getInputStream().read();
            }
        });
        FAILURES.put("inUse", () -> {
            try (ServerSocket server = new ServerSocket(0)) {
                return new ServerSocket(server.getLocalPort());
            }
        });
        FAILURES.put("badUri", () -> URI.create("http://depot test/"));
        FAILURES.put("badUrl", () -> new URL("stock/12"));
        FAILURES.put("number", () -> Integer.parseInt("12a"));
        FAILURES.put("numberEmpty", () -> Long.parseLong(""));
        FAILURES.put("decimal", () -> new BigDecimal("12,50"));
        FAILURES.put("rounding", () -> BigDecimal.ONE.divide(new BigDecimal(3)));
        FAILURES.put("exact", () -> Math.addExact(Integer.MAX_VALUE, 1));
        FAILURES.put("zero", () -> 1 / new ArrayList<>().size());
        FAILURES.put("nullPointer", () -> none.address().length());
        FAILURES.put("requireNull", () -> new Parcel(null, 1));
        FAILURES.put("index", () -> new int[] {1, 2, 3}[7]);
        FAILURES.put("list", () -> List.of(1, 2).get(5));
        FAILURES.put("substring", () -> "abc".substring(5));
        FAILURES.put("negative", () -> new int[-"ab".length()]);
        FAILURES.put("cast", () -> (Integer) (Object) "12");
        FAILURES.put("store", () -> {
            Object[] items = new String[1];
            items[0] = 12;
            return items;
        });
        FAILURES.put("element", () -> new ArrayList<>().iterator().next());
        FAILURES.put("optional", () -> Optional.empty().get());
        FAILURES.put("optionalThrow", () -> Optional.empty().orElseThrow());
        FAILURES.put("unmodifiable", () -> List.of(1).add(2));
        FAILURES.put("modified", () -> {
            List<Integer> items = new ArrayList<>(List.of(1, 2, 3));
            for (Integer item : items) {
                items.remove(item);
            }
            return items;
        });
        FAILURES.put("duplicate", () -> Stream.of("a", "a").collect(Collectors.toMap(x -> x, x -> 1)));
        FAILURES.put("streamTwice", () -> {
            Stream<Integer> stream = Stream.of(1);
            stream.count();
            return stream.count();
        });
        FAILURES.put("enumName", () -> State.valueOf("LOST"));
        FAILURES.put("uuid", () -> UUID.fromString("12"));
        FAILURES.put("classMissing", () -> Class.forName("com.example.depot.Printer"));
        FAILURES.put("method", () -> Depot.class.getMethod("label"));
        FAILURES.put("reflected", () -> Depot.class.getDeclaredMethod("depthOf", String.class).invoke(null, "12a"));
        FAILURES.put("initializer", () -> Broken.VALUE);
        FAILURES.put("recursion", () -> depth(0));
        FAILURES.put("memory", () -> new long[1 << 29]);
        FAILURES.put("memoryLimit", () -> new byte[Integer.MAX_VALUE]);
        FAILURES.put("memoryList", () -> {
            List<byte[]> held = new ArrayList<>();
            while (true) {
                held.add(new byte[1 << 22]);
            }
        });
        FAILURES.put("date", () -> LocalDate.parse("27.11.2026"));
        FAILURES.put("dateOf", () -> LocalDate.of(2026, 2, 30));
        FAILURES.put("zone", () -> ZoneId.of("Mars/Base"));
        FAILURES.put("formatted", () -> String.format("%d", "12"));
        FAILURES.put("regex", () -> Pattern.compile("item ("));
        FAILURES.put("charset", () -> Charset.forName("utf-9"));
        FAILURES.put("decode", () -> StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(new byte[] {(byte) 0xe9, 32})));
        FAILURES.put("base64", () -> Base64.getDecoder().decode("a%b"));
        FAILURES.put("underflow", () -> ByteBuffer.allocate(2).getInt());
        FAILURES.put("unzip", () -> new java.util.zip.GZIPInputStream(new ByteArrayInputStream("no gzip".getBytes())));
        FAILURES.put("zipOpen", () -> new java.util.zip.ZipFile("/etc/hostname"));
        FAILURES.put("serialized", () -> new ObjectInputStream(new ByteArrayInputStream(new byte[] {1, 2, 3, 4})));
        FAILURES.put("notSerializable", () -> {
            new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(new Depot());
            return null;
        });
        FAILURES.put("eof", () -> new DataInputStream(new ByteArrayInputStream(new byte[2])).readInt());
        FAILURES.put("xml", () -> javax.xml.parsers.DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new org.xml.sax.InputSource(new StringReader("<item><box></item>"))));
        FAILURES.put("script", () -> java.sql.DriverManager.getConnection("jdbc:postgresql://db-1/depot"));
        FAILURES.put("digest", () -> java.security.MessageDigest.getInstance("MD7"));
        FAILURES.put("cipher", () -> {
            javax.crypto.Cipher cipher = javax.crypto.Cipher.getInstance("AES");
            cipher.init(2, new javax.crypto.spec.SecretKeySpec(new byte[3], "AES"));
            return cipher;
        });
        FAILURES.put("process", () -> new ProcessBuilder("print-label", "12").start());
        FAILURES.put("monitor", () -> {
            new Object().notify();
            return null;
        });
        FAILURES.put("future", () -> CompletableFuture.supplyAsync(() -> Integer.parseInt("12a")).get());
        FAILURES.put("joined", () -> CompletableFuture.supplyAsync(() -> none.weight()).join());
        FAILURES.put("futureSlow", () -> new CompletableFuture<String>().get(30, TimeUnit.MILLISECONDS));
        FAILURES.put("cancelled", () -> {
            CompletableFuture<String> future = new CompletableFuture<>();
            future.cancel(true);
            return future.get();
        });
        FAILURES.put("rejected", () -> {
            ExecutorService pool = Executors.newFixedThreadPool(1);
            pool.shutdown();
            return pool.submit(() -> 1);
        });
        FAILURES.put("interrupted", () -> {
            Thread.currentThread().interrupt();
            Thread.sleep(10);
            return null;
        });
        FAILURES.put("closedChannel", () -> {
            SocketChannel channel = SocketChannel.open();
            channel.close();
            return channel.read(ByteBuffer.allocate(1));
        });
        FAILURES.put("queueFull", () -> new ArrayBlockingQueue<>(1, true, List.of(1)).add(2));
        FAILURES.put("asserted", () -> {
            throw new AssertionError("stock must not be below nought");
        });
        FAILURES.put("own", () -> {
            throw new OutOfStockException(4711);
        });
        FAILURES.put("illegal", () -> {
            throw new IllegalStateException();
        });
        FAILURES.put("unsupported", () -> {
            throw new UnsupportedOperationException("not implemented yet");
        });
        FAILURES.put("chained", () -> {
            try {
                return Integer.parseInt("x12");
            } catch (NumberFormatException e) {
                throw new DepotException("stock.csv, line 17", e);
            }
        });
        FAILURES.put("chainedTwice", () -> {
            try {
                return FAILURES.get("chained").run();
            } catch (DepotException e) {
                throw new IOException("could not import stock", e);
            }
        });
        FAILURES.put("wrapped", () -> {
            try {
                return new Socket("127.0.0.1", 9);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        FAILURES.put("suppressed", () -> {
            try (Lease lease = new Lease()) {
                throw new OutOfStockException(12);
            }
        });
        FAILURES.put("suppressedCause", () -> {
            DepotException failed = new DepotException("3 of 5 shelves failed", new TimeoutException());
            failed.addSuppressed(new OutOfStockException(1));
            failed.addSuppressed(new DepotException("shelf 2", new IOException("Broken pipe")));
            throw failed;
        });
        FAILURES.put("lines", () -> {
            throw new IllegalArgumentException("parcel is not valid:\n - address is empty\n - weight must be over 0");
        });
    }

    static class Broken {
        static final int VALUE = Integer.parseInt("none");
    }

    static int depthOf(String text) {
        return Integer.parseInt(text);
    }

    static Object handle(String name) throws Exception {
        return dispatch(FAILURES.get(name));
    }

    static Object dispatch(Failing failing) throws Exception {
        return failing.run();
    }

    static void mark(int sign) {
        System.out.flush();
        System.err.flush();
        System.err.print((char) sign + "\n");
        System.err.flush();
    }

    static String trace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + '"';
    }

    static String at(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(ZonedDateTime.now());
    }

    static String layout(String way, String level, String text, Throwable error) {
        String trace = error == null ? "" : trace(error);
        String thread = "worker-" + (1 + CHANCE.nextInt(4));
        return switch (way) {
            case "logback" -> at("HH:mm:ss.SSS") + " [" + thread + "] " + String.format("%-5s", level)
                + " com.example.depot.Desk -- " + text + "\n" + trace;
            case "spring" -> at("yyyy-MM-dd'T'HH:mm:ss.SSSXXX") + String.format(" %5s", level)
                + " 4121 --- [nio-8080-exec-" + (1 + CHANCE.nextInt(9)) + "] c.example.depot.Desk                     : "
                + text + "\n" + (error == null ? "" : "\n" + trace);
            case "json" -> "{\"@timestamp\":\"" + at("yyyy-MM-dd'T'HH:mm:ss.SSSXXX") + "\",\"@version\":\"1\",\"message\":"
                + quoted(text) + ",\"logger_name\":\"com.example.depot.Desk\",\"thread_name\":\"" + thread
                + "\",\"level\":\"" + level + "\"" + (error == null ? "" : ",\"stack_trace\":" + quoted(trace)) + "}\n";
            case "log4j" -> at("yyyy-MM-dd HH:mm:ss,SSS") + String.format(" %-5s", level) + " [" + thread + "] (Desk.java:88) - "
                + text + "\n" + trace;
            default -> at("yyyy-MM-dd HH:mm:ss,SSS") + " " + level + " [" + thread + "] depot.desk - " + text + "\n" + trace;
        };
    }

    static final Map<String, Level> LEVELS = Map.of("DEBUG", Level.INFO, "INFO", Level.INFO, "WARN", Level.WARNING,
        "ERROR", Level.SEVERE, "FATAL", Level.SEVERE);
    static final Logger LOGGER = Logger.getLogger("com.example.depot.Desk");

    static void log(String way, String level, String text, Throwable error) {
        if (way.startsWith("jul")) {
            LOGGER.logp(LEVELS.get(level), "com.example.depot.Desk", "handle", text.replace("{", "(").replace("}", ")"));
            return;
        }
        if (way.equals("printed")) {
            if (level.equals("INFO")) {
                System.err.println(text);
            } else if (error != null) {
                error.printStackTrace();
            } else if (!level.equals("DEBUG") && !level.equals("WARN")) {
                System.err.println(level + ": " + text);
            }
            return;
        }
        System.err.print(layout(way, level, text, error));
    }

    static void healthy(String way, List<String> lines, int fewest) {
        for (int left = fewest + CHANCE.nextInt(5); left > 0; left--) {
            String[] line = lines.get(CHANCE.nextInt(lines.size())).split("\t");
            String text = line[1];
            while (text.contains("@")) {
                text = text.replaceFirst("@", String.valueOf(2 + CHANCE.nextInt(900)));
            }
            log(way, line[0], text.replace("\\n", "\n"), null);
        }
    }

    static final String[] SAID = {
        "parcel %d could not be sent", "Servlet.service() for servlet [desk] threw exception", "job import-%d failed",
        "Unhandled exception while serving GET /parcels/%d", "cannot pick order %d", "Error processing message %d",
        "Unexpected error occurred in scheduled task", "label for parcel %d was not printed"};

    public static void main(String[] arguments) throws Exception {
        String way = arguments[0];
        if (way.equals("names")) {
            FAILURES.keySet().forEach(System.out::println);
            return;
        }
        CHANCE.setSeed(Arrays.hashCode(arguments));
        List<String> lines = Files.readAllLines(Path.of("healthy.tsv"));
        if (way.equals("fall") || way.equals("thread")) {
            healthy("common", lines, 2);
            if (way.equals("thread")) {
                fallInThread(lines, arguments[1].split(","));
                return;
            }
            mark(2);
            handle(arguments[1]);
            return;
        }
        List<String> names = new ArrayList<>(FAILURES.keySet());
        int number = 0;
        for (int at = Integer.parseInt(arguments[1]); at < names.size(); at += Integer.parseInt(arguments[2]), number++) {
            healthy(way, lines, way.equals("printed") ? 1 : 0);
            String said = String.format(SAID[CHANCE.nextInt(SAID.length)], 100 + CHANCE.nextInt(9000));
            try {
                handle(names.get(at));
                System.err.println("did not fail: " + names.get(at));
            } catch (Throwable error) {
                mark(2);
                told(way, number, said, error);
                mark(3);
            }
        }
        healthy(way, lines, 1);
        System.exit(0);
    }

    static void told(String way, int number, String said, Throwable error) {
        if (number % 4 == 1) {
            log(way, "ERROR", said + ": " + error.toString().split("\n")[0], null);
        } else if (way.startsWith("jul")) {
            LOGGER.logp(number % 7 == 3 ? Level.WARNING : Level.SEVERE, "com.example.depot.Desk", "handle", said, error);
        } else {
            log(way, number % 7 == 3 ? "WARN" : number % 9 == 5 ? "FATAL" : "ERROR", said, error);
        }
    }

    static void fallInThread(List<String> lines, String[] names) throws Exception {
        for (String name : names) {
            Thread thread = new Thread(() -> {
                try {
                    handle(name);
                } catch (RuntimeException | Error error) {
                    mark(2);
                    throw error;
                } catch (Exception error) {
                    mark(2);
                    throw new DepotException("task was given up", error);
                }
            }, "pool-1-thread-" + (1 + CHANCE.nextInt(8)));
            thread.start();
            thread.join();
            mark(3);
            healthy("common", lines, 1);
        }
        System.exit(0);
    }
}
