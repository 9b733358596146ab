package dev.pixie.cli;

import dev.pixie.CollectionInfo;
import java.time.Instant;
import java.util.Optional;

/** Collections as the JSON that {@code docs/json.md} describes. */
final class CollectionInfoJson {
    private CollectionInfoJson() {}

    static String of(CollectionInfo info) {
        return JsonLine.of(json -> {
            json.writeStringField("name", info.name());
            ResultJson.writePath(json, Optional.of(info.path()));
            ResultJson.writeString(json, "description", info.description());
            if (info.items().isPresent()) {
                json.writeNumberField("items", info.items().getAsLong());
            } else {
                json.writeNullField("items");
            }
            if (info.model().isPresent()) {
                ResultJson.writeModel(json, info.model().get());
            } else {
                json.writeNullField("model");
            }
            json.writeNumberField("bytes", info.bytes());
            ResultJson.writeString(json, "created", info.created().map(Instant::toString));
            ResultJson.writeString(json, "error", info.error());
        });
    }
}
