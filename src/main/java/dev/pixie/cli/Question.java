package dev.pixie.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A question that is answered with yes or no. */
final class Question {
    private Question() {}

    /** Asks on standard error and reads a line of standard input; anything but a yes is a no. */
    static boolean yes(String question, Console console) {
        console.ask(question + "? [y/N] ");
        try {
            var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String answer = input.readLine();
            return answer != null && answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
        } catch (IOException e) {
            return false;
        }
    }
}
