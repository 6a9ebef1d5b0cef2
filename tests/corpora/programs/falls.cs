using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;

/** Falls as .NET programs fall: by argument, one way each. */
class ChargeFailed : Exception {
    public ChargeFailed(string message, Exception inner) : base(message, inner) {}
}

static class Falls {
    static void Say(string text) { Console.Error.WriteLine(DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.fff") + " [INF] " + text); }
    static void Error(string text, Exception e) { Console.Error.WriteLine(DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.fff") + " [ERR] " + text + Environment.NewLine + e); }
    static int Parse(string text) { return int.Parse(text); }
    static int Charge(string amount) {
        try { return Parse(amount); } catch (FormatException e) { throw new ChargeFailed("order 4711 cannot be charged", e); }
    }
    static Exception Caught(Action fail) { try { fail(); } catch (Exception e) { return e; } return null; }

    static void Main(string[] arguments) {
        Say("cart 17 was opened");
        switch (arguments[0]) {
            case "null": string none = null; Console.WriteLine(none.Length); break;
            case "chained": Charge("four"); break;
            case "key": Console.WriteLine(new Dictionary<string, int>()["tea"]); break;
            case "index": Console.WriteLine(new List<int>()[3]); break;
            case "file": File.ReadAllText("/etc/shop/missing.json"); break;
            case "cast": object four = "four"; Console.WriteLine((int)four); break;
            case "aggregate": Task.WaitAll(Task.Run(() => Charge("four")), Task.Run(() => { throw new TimeoutException("bank"); })); break;
            case "multiline": throw new InvalidOperationException("the bank said:\n  code 12\n  declined");
            case "divide": int zero = arguments.Length - 1; Console.WriteLine(1 / zero); break;
            case "printed":
                Console.Error.WriteLine(Caught(() => Charge("four")));
                Say("cart 17 was closed");
                break;
            case "logged":
                Error("order 4711 failed", Caught(() => Charge("four")));
                Say("cart 18 was opened");
                Error("no settings", Caught(() => File.ReadAllText("/etc/shop/missing.json")));
                Say("cart 19 was opened");
                Error("both banks", Caught(() => { throw new AggregateException("two banks", new TimeoutException("one"), new IOException("two")); }));
                Say("cart 17 was closed");
                break;
            case "calm-printed": Say("no error found, 0 errors"); break;
        }
    }
}
