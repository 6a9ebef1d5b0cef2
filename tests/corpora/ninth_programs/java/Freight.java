package com.example.freight;

import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.logging.*;
import java.util.stream.Collectors;

/** Freight by rail: it books wagons, weighs loads, writes waybills, and fails in the ways such a service fails. */
public class Freight {
    static String way, state;
    static long seed;
    static Random chance;
    static PrintStream err;

    static final String[] YARDS = {"Maschen", "Rotterdam Maasvlakte", "Połaniec", "郑州北站", "Duisburg-Ruhrort", "Le Havre", "Trieste C.M."};
    static final String[] GOODS = {"steel coils", "grain", "containers", "timber", "new cars", "cement", "化工原料"};

    static <T> T pick(T[] of) { return of[chance.nextInt(of.length)]; }
    static int number(int from, int to) { return from + chance.nextInt(to - from + 1); }
    static String wagon() { return "31 80 " + number(1000, 4999) + " " + number(100, 999) + "-" + number(0, 9); }

    static String filled(String text) {
        return text.replace("{y}", pick(YARDS)).replace("{g}", pick(GOODS)).replace("{w}", wagon())
            .replace("{n}", "" + number(1000, 99999)).replace("{o}", "" + number(2, 90));
    }

    static class FreightException extends RuntimeException {
        FreightException(String message) { super(message); }
        FreightException(String message, Throwable cause) { super(message, cause); }
    }
    static class OverloadedException extends FreightException {
        OverloadedException(String wagon, int tons) { super("wagon " + wagon + " carries " + tons + " t, 68 t allowed"); }
    }
    static class WaybillException extends Exception {
        WaybillException(String message, Throwable cause) { super(message, cause); }
    }
    static class Scale implements AutoCloseable {
        int weigh(String wagon) { throw new OverloadedException(wagon, number(69, 120)); }
        @Override public void close() { throw new IllegalStateException("scale of " + pick(YARDS) + " is still moving"); }
    }
    enum Brake { GOODS, PASSENGER }
    interface Job { void run() throws Exception; }

    // what it does
    static int tons(Map<String, Integer> loads, String wagon) { return loads.get(wagon); }
    static void weigh() { tons(new HashMap<>(), wagon()); }
    static void overloaded() { new Scale().weigh(wagon()); }
    static void scaled() { try (Scale scale = new Scale()) { scale.weigh(wagon()); } }
    static void index() { int[] axles = new int[4]; axles[number(4, 9)] = 22; }
    static void parse() { Integer.parseInt(number(10, 90) + " t"); }
    static void brake() { Brake.valueOf("R" + number(1, 9)); }
    static void cast() { Object load = pick(GOODS); Integer tons = (Integer) load; }
    static void divide() { int trains = 0; System.out.print("" + number(1, 9) / trains); }
    static void read() throws IOException { Files.readAllLines(Path.of("/srv/freight/waybills/" + number(1000, 9999) + ".xml")); }
    static void readCaused() { try { read(); } catch (IOException e) { throw new UncheckedIOException(e); } }
    static void connect() throws IOException { new Socket("127.0.0.1", 9).close(); }
    static void waybill() throws WaybillException {
        try { connect(); } catch (IOException e) { throw new WaybillException("waybill " + number(1000, 9999) + " not handed to customs", e); }
    }
    static void booked() {
        try { waybill(); } catch (WaybillException e) { throw new FreightException(filled("booking of {g} from {y} rolled back"), e); }
    }
    static void bookedTwice() { try { booked(); } catch (FreightException e) { throw new IllegalStateException(e); } }
    static void concurrent() { List<Integer> l = new ArrayList<>(List.of(1, 2, 3)); for (Integer i : l) l.remove(i); }
    static void immutable() { List.of(wagon()).add(wagon()); }
    static void future() throws Exception { CompletableFuture.supplyAsync(() -> tons(Map.of(), wagon())).get(); }
    static void joined() { CompletableFuture.runAsync(Freight::overloaded).join(); }
    static void streamed() { Arrays.stream(YARDS).map(y -> y.substring(30)).collect(Collectors.toList()); }
    static void late() throws Exception { new CompletableFuture<Integer>().get(number(1, 3), TimeUnit.MILLISECONDS); }
    static void reflected() throws Exception { Freight.class.getDeclaredMethod("overloaded").invoke(null); }
    static void unknownClass() throws Exception { Class.forName("com.example.freight.customs." + pick(new String[]{"AtlasGateway", "NctsClient"})); }
    static void time() { LocalDate.parse("2026-13-" + number(10, 28)); }
    static void chinese() { throw new FreightException("运单 " + number(1000, 9999) + " 校验失败：车号不存在"); }
    static void several() { throw new FreightException("train " + number(40000, 49999) + " cannot leave:\n  wagon " + wagon() + ": brake test missing\n  wagon " + wagon() + ": no waybill"); }
    static int recurse(int n) { return recurse(n + 1) + 1; }
    static void deep() { recurse(0); }
    static void asserted() { assert number(1, 9) > 10 : filled("{o} wagons counted, list says {n}"); }
    static void suppressed() {
        FreightException e = new FreightException(filled("train to {y} not composed"), new OverloadedException(wagon(), number(70, 99)));
        for (int i = number(1, 2); i > 0; i--) e.addSuppressed(new TimeoutException(filled("no answer from {y} in {o} s")));
        throw e;
    }
    static void memory() { List<long[]> all = new ArrayList<>(); while (true) all.add(new long[1 << 20]); }
    static void initialised() { new Tariff(); }
    static class Tariff { static final int BASE = Integer.parseInt("n/a"); }
    static void jvm() throws Exception {
        var field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe");
        field.setAccessible(true);
        Object unsafe = field.get(null);
        unsafe.getClass().getMethod("putAddress", long.class, long.class).invoke(unsafe, 0L, 0L);
    }

    static final List<Job> RAISING = List.of(Freight::weigh, Freight::overloaded, Freight::scaled, Freight::index, Freight::parse, Freight::brake,
        Freight::cast, Freight::divide, Freight::read, Freight::readCaused, Freight::connect, Freight::waybill, Freight::booked, Freight::bookedTwice,
        Freight::concurrent, Freight::immutable, Freight::future, Freight::joined, Freight::streamed, Freight::late, Freight::reflected,
        Freight::unknownClass, Freight::time, Freight::chinese, Freight::several, Freight::suppressed, Freight::deep);
    static final List<Job> DEATHS = List.of(Freight::weigh, Freight::scaled, Freight::booked, Freight::bookedTwice, Freight::suppressed, Freight::memory,
        Freight::initialised, Freight::jvm, Freight::asserted, Freight::chinese, Freight::several, Freight::deep, Freight::joined, Freight::readCaused);
    static final String[] TOLD = {"could not book {g} at {y}", "Waybill {n} was not written", "job {n} failed", "Unexpected exception in dispatcher",
        "Error while weighing wagon {w}", "运单 {n} 处理失败", "train {n} aborted", "request processing failed"};
    static final String[] LINES = {"no connection to scale at 10.9.0.{o}:5020 after 3 attempts", "Failed to print waybill {n}: printer offline",
        "wagon {w} is not known to the registry", "Invalid customs number in booking {n}", "磅秤 {o} 通信中断", "Cannot allocate track {o} in {y}: occupied",
        "disk of the archive is full, waybill {n} lost"};
    static final String[] MULTI = {"booking {n} rejected:\n  - load: {g} needs a covered wagon\n  - consignee: unknown",
        "brake test of train {n} failed\n  wagon {w}: no pressure\n  wagon {w}: sticking"};
    static final String[] WORK = {"wagon {w} weighed: {o} t", "booked {g} from {y}, {o} wagons", "waybill {n} printed", "train {n} left {y} on time",
        "checked {n} waybills, 0 errors", "GET /waybills/{n}/exceptions 200", "no error found in train list {n}", "customs answered on retry 2",
        "货物 {n} 已装车", "import finished: ok={n} failed=0", "ExceptionReport {n} archived: nothing to report", "track {o} of {y} is free"};
    static final String[] WARNED = {"scale {o} was last calibrated {n} hours ago", "queue of {y} holds {o} bookings", "{y} answers slowly ({n} ms)"};

    // how it is logged
    static final Logger log = Logger.getLogger("com.example.freight.Dispatcher");

    static String trace(Throwable e) {
        StringWriter to = new StringWriter();
        e.printStackTrace(new PrintWriter(to, true));
        return to.toString();
    }
    static String stamp(String pattern) { return DateTimeFormatter.ofPattern(pattern).format(LocalDateTime.now()); }
    static String quoted(String text) {
        StringBuilder to = new StringBuilder("\"");
        for (char c : text.toCharArray())
            to.append(c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : String.valueOf(c));
        return to.append('"').toString();
    }

    static void log(Level level, String text, Throwable e) {
        String name = level == Level.SEVERE ? "ERROR" : level == Level.WARNING ? "WARN" : "INFO";
        String after = e == null ? "" : trace(e);
        String thread = Thread.currentThread().getName();
        switch (way) {
            case "oneline" -> log.log(level, text, e);
            case "log4j2" -> err.print(stamp("HH:mm:ss.SSS") + String.format(" [%s] %-5s c.e.f.Dispatcher - %s%n", thread, name, text) + after);
            case "quarkus" -> err.print(stamp("yyyy-MM-dd HH:mm:ss,SSS") + String.format(" %-5s [com.exa.fre.Dispatcher] (%s) %s%s", name, thread, text, e == null ? "\n" : ": " + after));
            case "stderr" -> {
                if (e == null) err.println((level == Level.SEVERE ? "ERROR: " : "") + text);
                else { if (chance.nextInt(10) < 4) err.println("ERROR: " + text); e.printStackTrace(); }
            }
            case "journal" -> err.print(String.format("%-5s [%s] %s: %s%n", name, thread, "freight.Dispatcher", text) + after);
            default -> err.println("{\"@timestamp\":" + quoted(stamp("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")) + ",\"@version\":\"1\",\"message\":" + quoted(text)
                + ",\"logger_name\":\"com.example.freight.Dispatcher\",\"thread_name\":" + quoted(thread) + ",\"level\":" + quoted(name) + ",\"level_value\":"
                + (name.equals("ERROR") ? 40000 : name.equals("WARN") ? 30000 : 20000) + (e == null ? "" : ",\"stack_trace\":" + quoted(after)) + "}");
        }
    }

    static void say(String mark) { System.out.flush(); err.println(mark); err.flush(); }

    static void work() {
        for (int i = number(2, 4); i > 0; i--) {
            if (chance.nextInt(10) == 0 && !way.equals("stderr")) log(Level.WARNING, filled(pick(WARNED)), null);
            else log(Level.INFO, filled(pick(WORK)), null);
        }
    }

    record Todo(String how, Job what) {}

    static List<Todo> jobs() {
        List<Todo> all = new ArrayList<>();
        RAISING.forEach(x -> all.add(new Todo("raised", x)));
        DEATHS.forEach(x -> all.add(new Todo("die", x)));
        for (String how : "line line line line line lines lines thread pool".split(" ")) all.add(new Todo(how, null));
        Collections.shuffle(all, new Random(seed));
        return all;
    }

    public static void main(String[] args) throws Exception {
        way = args[0]; seed = Long.parseLong(args[1]); state = args[3];
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, "UTF-8"));
        err = System.err;
        System.setProperty("java.util.logging.SimpleFormatter.format", "[%1$tF %1$tT] [%4$-7s] %5$s%6$s%n");
        List<Todo> todo = jobs();
        for (int i = Integer.parseInt(args[2]); i < todo.size(); i++) {
            chance = new Random(seed * 1000 + i);
            Files.writeString(Path.of(state), "" + i);
            work();
            say("\2");
            Todo it = todo.get(i);
            switch (it.how) {
                case "die" -> it.what.run();
                case "line" -> log(Level.SEVERE, filled(pick(LINES)), null);
                case "lines" -> log(Level.SEVERE, filled(pick(MULTI)), null);
                case "thread" -> { Thread t = new Thread(Freight::overloaded, "scale-" + number(1, 4)); t.start(); t.join(); }
                case "pool" -> {
                    ExecutorService pool = Executors.newFixedThreadPool(1);
                    pool.execute(Freight::weigh);
                    pool.shutdown();
                    pool.awaitTermination(9, TimeUnit.SECONDS);
                    Thread.sleep(20);
                }
                default -> { try { it.what.run(); } catch (Throwable e) { log(Level.SEVERE, filled(pick(TOLD)), e); } }
            }
            say("\3");
        }
        work();
        Files.writeString(Path.of(state), "done");
    }
}
