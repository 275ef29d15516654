package org.diffusionnft.spark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A master and two workers of one core each, every one a process of this machine. */
final class StandaloneCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int WORKERS = 2;

  private final Path folder;
  private final String url;
  private final SparkProcess master;
  private final List<SparkProcess> workers = new ArrayList<>();
  private int started;

  StandaloneCluster(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    int port = freePort();
    this.url = "spark://" + HOST + ":" + port;
    this.master =
        SparkProcess.of(
            folder.resolve("master.log"),
            "org.apache.spark.deploy.master.Master",
            "--host",
            HOST,
            "--port",
            port,
            "--webui-port",
            0);
    awaitPort(port);
    while (workers.size() < WORKERS) {
      startWorker();
    }
  }

  /** What {@code --spark-master} takes. */
  String url() {
    return url;
  }

  /** Kills one of the executors that are there; whether there was one. */
  boolean killExecutor(Random random) {
    List<ProcessHandle> executors =
        workers.stream()
            .flatMap(worker -> worker.process().children())
            .filter(ProcessHandle::isAlive)
            .toList();
    return !executors.isEmpty()
        && executors.get(random.nextInt(executors.size())).destroyForcibly();
  }

  /** Kills a worker, which takes its executor with it, and starts another. */
  void killWorker(Random random) throws IOException, InterruptedException {
    SparkProcess worker = workers.remove(random.nextInt(workers.size()));
    worker.process().destroyForcibly().waitFor();
    startWorker();
  }

  private void startWorker() throws IOException {
    int number = started++;
    workers.add(
        SparkProcess.of(
            folder.resolve("worker" + number + ".log"),
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            HOST,
            "--webui-port",
            0,
            "--cores",
            1,
            "--memory",
            "1g",
            "--work-dir",
            folder.resolve("work" + number),
            url));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return socket.getLocalPort();
    }
  }

  private void awaitPort(int port) throws InterruptedException {
    while (master.process().isAlive()) {
      try (Socket socket = new Socket(HOST, port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        Thread.sleep(100);
      }
    }
    throw new IllegalStateException("the master ended: " + master.said());
  }

  @Override
  public void close() throws InterruptedException {
    for (SparkProcess worker : workers) {
      worker.kill();
    }
    master.kill();
  }
}
