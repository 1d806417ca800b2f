"""E6: data."""

from cnndsl.diagnostics.catalog.record import Code

CODES = (
    Code(
        "E601",
        "a data set that is not there",
        "The folder or file does not exist or lacks a part. Sets are looked for in `--data`, then in the folder that "
        "the environment variable CNNDSL_DATA names, then where systems keep them; nothing is downloaded silently.",
    ),
    Code(
        "E602",
        "a data file that is damaged or of another kind",
        "The file's header and its contents do not agree, or it is not the kind of file it was taken for.",
    ),
    Code(
        "E603",
        "the data do not fit the network's input",
        "Images, after `pad` and `resize`, must have the size that INPUT says.",
        "INPUT 28x28x1\nFC 10\ntrain { data digits }\n",
        "INPUT 8x8x1\nFC 10\ntrain { data digits }\n",
    ),
    Code(
        "E604",
        "labels that the network cannot say",
        "The last layer needs at least as many outputs as there are classes. Targets that are not labels have the "
        "output's shape, and go with `mse`, or with `bce` where they lie between 0 and 1.",
        "INPUT 8x8x1\nFC 5\ntrain { data digits }\n",
        "INPUT 8x8x1\nFC 10\ntrain { data digits }\n",
    ),
    Code(
        "E605",
        "images and labels that do not belong together",
        "There must be one label for each image, and at least one of both.",
    ),
    Code(
        "E606",
        "no data to train on",
        "The `train` block names no data set: write `data digits`, or another one.",
    ),
    Code(
        "E607",
        "image files of more than one size",
        "All images of a set must have one size. `resize` brings them to one as they are read: "
        '`data images "photos" resize 64`.',
    ),
    Code(
        "W601",
        "fewer classes than outputs",
        "The last layer has more outputs than the data have classes; the others are never right.",
        "INPUT 8x8x1\nFC 20\ntrain { data digits }\n",
        "INPUT 8x8x1\nFC 10\ntrain { data digits }\n",
    ),
    Code(
        "W602",
        "the data are not here yet",
        "The data set that the `train` block names was not found, so that nothing could be compared with its files. Of "
        "sets known by name the size and the classes are known all the same.",
    ),
    Code(
        "W603",
        "image files of another size than those trained on",
        "`predict` brings image files to the size of the images that the network was trained on, bilinear, as `resize` "
        "does; their sides may get another ratio. What was cut out as the training images were is recognized best.",
    ),
)
