package org.diffusionnft.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Threads that share a device, as those of a web service do, get the numbers of one thread. */
class SharedDeviceTest {
  private static final int THREADS = 4;
  private static final int SIDE = 70;

  @Tag("slow")
  @Test
  void threadsWithScopesWaitForEachOther() throws Exception {
    try (VectorDevice device = new VectorDevice(new DeviceOptions(2));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<float[]> alone = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        alone.add(work(device, i));
      }
      List<Callable<float[]>> calls = new ArrayList<>();
      for (int i = 0; i < 10 * THREADS; i++) {
        int seed = i % THREADS;
        calls.add(() -> work(device, seed));
      }
      List<Future<float[]>> results = threads.invokeAll(calls);
      for (int i = 0; i < results.size(); i++) {
        assertArrayEquals(alone.get(i % THREADS), results.get(i).get());
      }
      assertEquals(0, device.memory().liveBytes());
    }
  }

  private static float[] work(VectorDevice device, int seed) {
    try (var _ = device.memory().scope()) {
      float[] values = new float[SIDE * SIDE];
      for (int i = 0; i < values.length; i++) {
        values[i] = (i * 7 + seed) % 13 - 6;
      }
      Tensor x = Tensor.of(device, values, SIDE, SIDE);
      for (int i = 0; i < 10; i++) {
        x = Elementwise.scale(Matrices.matmul(x, x), 1e-3);
      }
      return x.toFloats();
    }
  }

  @Test
  void aThreadWithoutAScopeIsRefusedWhileAnotherHasOne() throws Exception {
    try (VectorDevice device = new VectorDevice(new DeviceOptions(1));
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      Tensor x = Tensor.of(device, new float[] {1, 2}, 2);
      try (var _ = device.memory().scope()) {
        Exception e =
            assertThrows(Exception.class, () -> other.submit(() -> Elementwise.add(x, x)).get());
        String message = String.valueOf(e.getCause().getMessage());
        assertTrue(message.contains("open one too (Memory.scope)"), message);
      }
      assertArrayEquals(
          new float[] {2, 4}, other.submit(() -> Elementwise.add(x, x).toFloats()).get());
    }
  }
}
