// What a mail program on .NET (Mono's runtime) prints when it falls; written after the code that reads it.
using System;
using System.Collections.Generic;
using System.IO;

class Mail {
    class Undeliverable : Exception { public Undeliverable(Exception e) : base("no address", e) {} }
    static void Deliver() {
        try { try { File.ReadAllText("/srv/shop/none"); } catch (Exception e) { throw new Undeliverable(e); } }
        catch (Undeliverable e) { throw new InvalidOperationException("post is shut", e); }
    }
    static void Main(string[] a) {
        switch (a[0]) {
            case "chain": Deliver(); break;
            case "key": Console.WriteLine(new Dictionary<string, int>()["x"]); break;
            case "cast": object o = "x"; Console.WriteLine((int)o); break;
            case "divide": Console.WriteLine(7 / (a.Length - 1)); break;
            case "argument": throw new ArgumentNullException("letter");
            case "logged":
                for (int i = 0; i < 3; i++) {
                    Console.Error.WriteLine("@@ calm");
                    Console.Error.WriteLine("2026-11-22 10:00:00.123 +01:00 [INF] letter taken up");
                    Console.Error.WriteLine("@@ error");
                    try { Deliver(); } catch (Exception e) { Console.Error.WriteLine("2026-11-22 10:00:00.123 +01:00 [ERR] letter lost\n" + e); }
                }
                break;
        }
    }
}
