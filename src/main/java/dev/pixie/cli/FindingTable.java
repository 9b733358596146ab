package dev.pixie.cli;

import dev.pixie.Finding;
import java.util.LinkedHashSet;
import java.util.List;

/** Prints what is wrong with a collection, and below it what to do. */
final class FindingTable {
    private FindingTable() {}

    static void print(List<Finding> findings, Console console) {
        Table table = Table.of(List.of("finding", "what is wrong"), List.of(Table.Fit.WORD, Table.Fit.TEXT));
        findings.forEach(finding -> table.add(finding.code(), finding.message()));
        if (table.size() > 0) {
            table.print(console);
        }
        var fixes = new LinkedHashSet<String>();
        findings.forEach(finding -> fixes.add(finding.fix()));
        fixes.forEach(console::note);
    }
}
