// Intel's pair-HMM (GKL, which GATK ships), as an oracle and to measure beside: windows on stdin,
// `R bases qualities insertion deletion` for each read (phred + 33), `H bases` for each haplotype,
// and a line `.`; the gap continuation and how often to compute as arguments. Prints the log10
// likelihood of each read against each haplotype; on stderr the least CPU seconds that all took.
import com.intel.gkl.pairhmm.IntelPairHmm;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.broadinstitute.gatk.nativebindings.pairhmm.HaplotypeDataHolder;
import org.broadinstitute.gatk.nativebindings.pairhmm.PairHMMNativeArguments;
import org.broadinstitute.gatk.nativebindings.pairhmm.ReadDataHolder;

public class Gkl {
  record Window(ReadDataHolder[] reads, HaplotypeDataHolder[] haplotypes, double[] likelihoods) {}

  static byte[] phred(String text) {
    byte[] quals = text.getBytes();
    for (int i = 0; i < quals.length; i++) quals[i] -= 33;
    return quals;
  }

  static ReadDataHolder read(String[] fields, byte gap) {
    ReadDataHolder read = new ReadDataHolder();
    read.readBases = fields[1].getBytes();
    read.readQuals = phred(fields[2]);
    read.insertionGOP = phred(fields[3]);
    read.deletionGOP = phred(fields[4]);
    read.overallGCP = new byte[read.readBases.length];
    Arrays.fill(read.overallGCP, gap);
    return read;
  }

  static List<Window> windows(byte gap) throws Exception {
    List<Window> windows = new ArrayList<>();
    List<ReadDataHolder> reads = new ArrayList<>();
    List<HaplotypeDataHolder> haplotypes = new ArrayList<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = line.split(" ");
      if (fields[0].equals("R")) {
        reads.add(read(fields, gap));
      } else if (fields[0].equals("H")) {
        HaplotypeDataHolder haplotype = new HaplotypeDataHolder();
        haplotype.haplotypeBases = fields[1].getBytes();
        haplotypes.add(haplotype);
      } else {
        windows.add(new Window(reads.toArray(new ReadDataHolder[0]),
            haplotypes.toArray(new HaplotypeDataHolder[0]),
            new double[reads.size() * haplotypes.size()]));
        reads.clear();
        haplotypes.clear();
      }
    }
    return windows;
  }

  public static void main(String[] arguments) throws Exception {
    IntelPairHmm hmm = new IntelPairHmm();
    if (!hmm.load(null)) throw new IllegalStateException("GKL does not load on this machine");
    PairHMMNativeArguments given = new PairHMMNativeArguments();
    given.maxNumberOfThreads = 1;
    given.useDoublePrecision = false;
    hmm.initialize(given);
    List<Window> windows = windows(Byte.parseByte(arguments[0]));
    double least = Double.POSITIVE_INFINITY;
    for (int time = 0; time < Integer.parseInt(arguments[1]); time++) {
      long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      for (Window one : windows) {
        hmm.computeLikelihoods(one.reads, one.haplotypes, one.likelihoods);
      }
      long ended = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      least = Math.min(least, (ended - began) / 1e9);
    }
    StringBuilder text = new StringBuilder();
    for (Window one : windows) {
      for (double likelihood : one.likelihoods) text.append(likelihood).append('\n');
    }
    System.out.print(text);
    System.err.println("seconds " + least);
    hmm.done();
  }
}
