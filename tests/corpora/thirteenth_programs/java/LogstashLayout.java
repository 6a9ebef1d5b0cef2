package org.example.vet.pharmacy;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** What logstash-logback-encoder writes by default; it is in no archive that is at hand. */
public class LogstashLayout extends LayoutBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX").withZone(ZoneOffset.UTC);

    @Override
    public String doLayout(ILoggingEvent event) {
        StringBuilder json = new StringBuilder("{");
        field(json, "@timestamp", TIME.format(Instant.ofEpochMilli(event.getTimeStamp())));
        json.append(",\"@version\":\"1\",");
        field(json, "message", event.getFormattedMessage());
        json.append(',');
        field(json, "logger_name", event.getLoggerName());
        json.append(',');
        field(json, "thread_name", event.getThreadName());
        json.append(',');
        field(json, "level", event.getLevel().toString());
        json.append(",\"level_value\":").append(event.getLevel().toInt());
        if (event.getThrowableProxy() != null) {
            json.append(',');
            field(json, "stack_trace", ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return json.append("}\n").toString();
    }

    private static void field(StringBuilder json, String name, String value) {
        json.append('"').append(name).append("\":\"");
        for (char c : value.toCharArray()) {
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\t' -> json.append("\\t");
                case '\r' -> json.append("\\r");
                default -> json.append(c);
            }
        }
        json.append('"');
    }
}
