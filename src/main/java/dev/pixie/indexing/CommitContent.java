package dev.pixie.indexing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.Failure;
import dev.pixie.Modality;
import dev.pixie.python.FileName;
import dev.pixie.python.FloatArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What one commit writes: items with their vectors, failures, and files that did not change. */
final class CommitContent {
    private final List<Failure> failures = new ArrayList<>();
    private final List<float[]> vectors = new ArrayList<>();
    private final ArrayNode items = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode failed = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode touched = JsonNodeFactory.instance.arrayNode();

    void add(Batch batch) {
        for (Batch.Member member : batch.members()) {
            if (member.decoded() instanceof Decoded.Unreadable unreadable) {
                addFailure(member.entry(), unreadable);
            } else if (member.decoded() instanceof Decoded.Unchanged unchanged) {
                addTouched(member.entry(), unchanged);
            } else {
                addItem(batch, member);
            }
        }
    }

    /** The argument of {@code collection_commit}, without the collection. */
    ObjectNode argument() {
        ObjectNode argument = JsonNodeFactory.instance.objectNode();
        argument.set("items", items);
        argument.set("failures", failed);
        argument.set("touched", touched);
        return argument;
    }

    /** The items' vectors, as the argument numbers them. */
    FloatArray vectors(int dimension) {
        FloatArray rows = new FloatArray(vectors.size(), dimension);
        for (int row = 0; row < vectors.size(); row++) {
            rows.setRow(row, vectors.get(row));
        }
        return rows;
    }

    List<Failure> failures() {
        return failures;
    }

    int touchedFiles() {
        return touched.size();
    }

    private void addItem(Batch batch, Batch.Member member) {
        Entry entry = member.entry();
        ObjectNode item = items.addObject().put("id", entry.id()).put("path", entry.path());
        // Without these keys an item keeps what it has: indexing a file again leaves the text it was given since.
        if (entry.file() == null) {
            item.put("text", entry.text()).putPOJO("metadata", entry.metadata());
        }
        ObjectNode facts = member.decoded() instanceof Decoded.Picture picture
                ? picture.facts()
                : member.decoded() instanceof Decoded.SamePicture same ? same.facts() : null;
        if (facts != null) {
            item.setAll(facts);
            if (entry.path() == null) {
                // Of what has no file only the picture counts.
                item.remove(List.of("size", "mtime_ns"));
            }
        }
        if (member.decoded() instanceof Decoded.Twin twin) {
            item.setAll(twin.facts());
            item.set("stored", twin.stored());
        }
        ArrayNode owned = item.putArray("vectors");
        if (member.pixels() >= 0) {
            addVector(owned, Modality.IMAGE, batch.imageVectors().row(member.pixels()));
        }
        if (member.words() >= 0) {
            addVector(owned, Modality.TEXT, batch.textVectors().row(member.words()));
        }
    }

    private void addVector(ArrayNode owned, Modality modality, float[] vector) {
        owned.addObject().put("modality", modality.toString()).put("row", vectors.size());
        vectors.add(vector);
    }

    private void addTouched(Entry entry, Decoded.Unchanged unchanged) {
        touched.addObject()
                .put("id", entry.id())
                .put("path", entry.path())
                .put("size", unchanged.size())
                .put("mtime_ns", unchanged.mtimeNs());
    }

    private void addFailure(Entry entry, Decoded.Unreadable why) {
        failures.add(new Failure(
                entry.id(), Optional.ofNullable(entry.path()).map(FileName::path), why.code(), why.message()));
        // Only files and rows are remembered, to be left alone next time; who adds an item is told and that is all.
        Entry.Stat file = entry.file();
        Entry.Row row = entry.row();
        if (file == null && row == null) {
            return;
        }
        ObjectNode failure = failed.addObject()
                .put("id", entry.id())
                .put("path", entry.path())
                .put("code", why.code())
                .put("message", why.message());
        if (row != null) {
            failure.setAll(row.seen());
        } else if (file != null) {
            failure.put("size", file.size()).put("mtime_ns", file.mtimeNs());
        }
    }
}
