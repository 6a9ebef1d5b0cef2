package org.sample;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Timer;
import java.util.TimerTask;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.xml.parsers.SAXParserFactory;
import org.apache.catalina.startup.Tomcat;
import org.xml.sax.helpers.DefaultHandler;

/** Pages of a town in an embedded Tomcat: java.util.logging, in two lines or in Tomcat's one. */
public final class Portal extends HttpServlet {
    static final Logger log = Logger.getLogger(Portal.class.getName());
    static final Map<String, Marks.Work> failures = new LinkedHashMap<>();

    static {
        failures.put("form", () -> { throw new IllegalArgumentException("field 'street' has 301 letters"); });
        failures.put("array", () -> { int[] fees = new int[2]; fees[3] = 1; });
        failures.put("connect", () -> new Socket("127.0.0.1", 9));
        failures.put("host", () -> new Socket("registry.invalid", 80));
        failures.put("file", () -> Files.readString(Path.of("/srv/portal/streets.txt")));
        failures.put("denied", () -> Files.createDirectory(Path.of("/proc/portal")));
        failures.put("xml", () -> SAXParserFactory.newInstance().newSAXParser().parse(new java.io.ByteArrayInputStream("<a><b></a>".getBytes()), new DefaultHandler()));
        failures.put("wrapped", () -> {
            try { new Socket("127.0.0.1", 9); } catch (ConnectException e) { throw new ServletException("registry is away", e); }
        });
        failures.put("state", () -> new java.util.ArrayDeque<>().pop());
        failures.put("charset", () -> "x".getBytes("utf-9"));
        failures.put("class", () -> Class.forName("org.sample.forms.Dog"));
        failures.put("index", () -> "abc".substring(5));
        failures.put("error", () -> { throw new AssertionError("fee may not be negative: -3"); });
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
        String what = request.getParameter("fail");
        if (what == null) { response.getWriter().println("ok"); return; }
        try { failures.get(what).run(); }
        catch (ServletException | IOException | RuntimeException | Error e) { throw e; }
        catch (Throwable e) { throw new ServletException(e); }
    }

    static void healthy() {
        int n = Marks.chance.nextInt(9000);
        switch (n % 9) {
            case 0 -> log.info("form " + n + " accepted");
            case 1 -> log.info("GET /forms/error.html 200");
            case 2 -> log.fine("not shown");
            case 3 -> log.warning("session " + n + " expires");
            case 4 -> log.info("sync with registry: 0 errors");
            case 5 -> log.config("not shown either");
            case 6 -> log.info("citizen " + n + " corrected a failed upload");
            case 7 -> log.warning("registry answered late (" + n + " ms)");
            default -> log.info("no exceptions to the parking rules on street " + n);
        }
    }

    static void ask(String path) throws IOException {
        HttpURLConnection c = (HttpURLConnection) new URL("http://127.0.0.1:8475" + path).openConnection();
        c.getResponseCode();
        c.disconnect();
    }

    public static void main(String[] args) throws Throwable {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("portal").toString());
        tomcat.setPort(8475);
        tomcat.getConnector();
        var context = tomcat.addContext("", new File("/tmp").getAbsolutePath());
        Tomcat.addServlet(context, "forms", new Portal());
        context.addServletMappingDecoded("/forms", "forms");
        tomcat.start();
        for (String name : Marks.shuffled(failures, 2)) {
            for (int i = Marks.chance.nextInt(6); i > 0; i--) healthy();
            if (Marks.chance.nextBoolean()) ask("/forms");
            switch (Marks.chance.nextInt(5)) {
                case 0, 1 -> Marks.failure(() -> ask("/forms?fail=" + name));
                case 2 -> Marks.failure(() -> {
                    Timer timer = new Timer("portal-timer");
                    timer.schedule(new TimerTask() {
                        public void run() {
                            try { failures.get(name).run(); } catch (Throwable e) { throw new RuntimeException(e); }
                        }
                    }, 0);
                    Thread.sleep(60);
                });
                default -> {
                    try { failures.get(name).run(); } catch (Throwable e) {
                        Marks.failure(() -> {
                            if (Marks.chance.nextBoolean()) log.log(Level.SEVERE, "form not stored", e);
                            else log.severe("form " + name + " failed: " + e);
                        });
                    }
                }
            }
        }
        tomcat.stop();
        tomcat.destroy();
    }
}
