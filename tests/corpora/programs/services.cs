// What .NET (Mono's runtime) prints when it falls, case by case.
using System;
using System.Collections.Generic;
using System.Threading.Tasks;

class StockException : Exception { public StockException(string said, Exception inner) : base(said, inner) {} }

class Services {
    static void Mark(string what) { Console.Error.WriteLine("@@ " + what); }
    static void Reserve(string item) { int.Parse(item); }
    static void Order(string item) {
        try { Reserve(item); } catch (FormatException e) { throw new StockException("cannot order " + item, e); }
    }
    static void Line(string level, string text) { Console.Error.WriteLine("2026-11-22 10:00:00.1234|" + level + "|Shop.Orders|" + text); }
    static void Logged() {
        foreach (var item in new[] { "tea", "coffee", "milk" }) {
            Mark("calm");
            Line("INFO", "order of " + item + " received");
            Mark("error");
            try { Order(item); } catch (Exception e) { Line("ERROR", "order failed " + e); }
            Mark("error");
            try { Reserve(item); } catch (Exception e) { Console.Error.WriteLine(e); }
        }
    }
    static void Main(string[] a) {
        switch (a[0]) {
            case "uncaught": Reserve("tea"); break;
            case "inner": Order("tea"); break;
            case "null": string none = null; Console.WriteLine(none.Length); break;
            case "range": Console.WriteLine(new int[2][].Length + new List<int>()[3]); break;
            case "aggregate": Task.Run(() => Order("tea")).Wait(); break;
            case "lines": throw new InvalidOperationException("shelf A: 3\nshelf B: 0");
            case "logged": Logged(); break;
        }
    }
}
