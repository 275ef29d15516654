package org.diffusionnft.rewards.service;

import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/** The text of an answer, limited in size. */
final class BoundedText implements BodySubscriber<String> {
  private static final int MIB = 1 << 20;

  private final BodySubscriber<String> text = BodySubscribers.ofString(StandardCharsets.UTF_8);
  private final long most;
  private long received;
  private @Nullable Subscription subscription;

  private BoundedText(long most) {
    this.most = most;
  }

  /**
   * Text of limited size; a longer one ends in a {@link ServiceFailure} that says so.
   *
   * @param mebibytes the limit
   */
  static BodyHandler<String> of(int mebibytes) {
    return _ -> new BoundedText((long) mebibytes * MIB);
  }

  @Override
  public CompletionStage<String> getBody() {
    return text.getBody();
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    this.subscription = subscription;
    text.onSubscribe(subscription);
  }

  @Override
  public void onNext(List<ByteBuffer> parts) {
    if (received > most) {
      return; // still arriving after cancellation
    }
    received += parts.stream().mapToLong(ByteBuffer::remaining).sum();
    if (received <= most) {
      text.onNext(parts);
      return;
    }
    if (subscription != null) {
      subscription.cancel();
    }
    text.onError(
        ServiceFailure.lasting(
            "its answer is longer than %d MiB, where a few numbers are expected: see that the url is that of the service"
                .formatted(most / MIB)));
  }

  @Override
  public void onError(Throwable failure) {
    text.onError(failure);
  }

  @Override
  public void onComplete() {
    if (received <= most) {
      text.onComplete();
    }
  }
}
