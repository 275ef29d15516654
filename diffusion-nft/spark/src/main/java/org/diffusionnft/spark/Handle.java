package org.diffusionnft.spark;

import java.io.Serializable;
import org.apache.spark.broadcast.Broadcast;
import org.diffusionnft.trainer.Courier;

/**
 * Shared data, fetched where it is needed; an executor that already has it does not fetch it again.
 */
record Handle(String name, String version, Broadcast<byte[]> value)
    implements Courier.Shared, Serializable {
  @Override
  public byte[] bytes() {
    return value.value();
  }
}
