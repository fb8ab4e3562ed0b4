"""Fills the records of JSON Lines with Spark: each partition is piped through one `maria infill`.

    spark-submit spark_pipe.py IN OUT PARTITIONS

Records have a "seed" of their own, so that a text does not depend on the partition it is in.
"""

import os
import sys

from pyspark.sql import SparkSession

source, target, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
maria = os.environ.get("MARIA", "maria")

session = SparkSession.builder.appName("maria").getOrCreate()
lines = session.sparkContext.textFile(source, minPartitions=partitions)
# Without checkCode a partition whose maria was killed would be a short one, and nobody told.
# Without env the process has an empty environment, in which nothing is found.
# --fail-on never: a text that cannot be filled is an error record, and no reason to do the partition again.
command = f"{maria} infill --jsonl --threads 1 --fail-on never"
filled = lines.pipe(command, env=dict(os.environ), checkCode=True)
filled.saveAsTextFile(target)
session.stop()
