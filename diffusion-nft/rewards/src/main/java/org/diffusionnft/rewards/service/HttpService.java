package org.diffusionnft.rewards.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.images.Png;
import org.diffusionnft.rewards.InParallel;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.RewardOptions;

/**
 * A service that receives {@code {"id", "prompt", "metadata", "image"}} by POST, one image at a
 * time (a PNG in Base64), and answers with a JSON object. An {@code id} in it must be that of the
 * question.
 */
final class HttpService implements ImageService {
  private final HttpCalls calls;
  private final Patience patience;
  private final int parallel;

  private HttpService(HttpCalls calls, Patience patience, int parallel) {
    this.calls = calls;
    this.patience = patience;
    this.parallel = parallel;
  }

  /**
   * Reads {@code url}, {@code parallel} (4) and the options of {@link HttpCalls} and {@link
   * Patience}.
   */
  static HttpService of(RewardOptions options) {
    String url = options.require("url", "the address of the service");
    return new HttpService(
        HttpCalls.to(url, options),
        Patience.of(options, HttpCalls.shown(url)),
        options.count("parallel", 4));
  }

  @Override
  public <T> List<T> ask(Images images, List<Prompt> prompts, Reader<T> reader) {
    try (InParallel<T> all = new InParallel<>(parallel)) {
      for (int i = 0; i < prompts.size(); i++) {
        ObjectNode question = Questions.of(i, prompts.get(i));
        byte[] png = Png.encode(images.pixels(i));
        question.put("image", Base64.getEncoder().encodeToString(png));
        String json = question.toString();
        int id = i;
        all.submit(() -> patience.ask(() -> Questions.read(id, calls.post(json), reader)));
      }
      return all.results();
    }
  }

  @Override
  public void close() {
    calls.close();
  }
}
